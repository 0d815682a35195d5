/** The UTF-16 code units that the tag grammar looks at. */
export const TAB = 0x09
export const LINE_FEED = 0x0a
export const CARRIAGE_RETURN = 0x0d
export const SPACE = 0x20
export const QUOTATION_MARK = 0x22
export const APOSTROPHE = 0x27
export const SLASH = 0x2f
export const LESS_THAN = 0x3c
export const EQUALS = 0x3d
export const GREATER_THAN = 0x3e
export const BACKTICK = 0x60
export const TILDE = 0x7e

/** Whether `String.prototype.trim` would remove the code unit: ECMAScript white space and line ends, the BOM included. */
export function isWhiteSpace(code: number): boolean {
  if (code <= SPACE) return code === SPACE || (code >= TAB && code <= CARRIAGE_RETURN)
  return code >= 0xa0 && /\s/.test(String.fromCharCode(code))
}

/** Whether the code unit is the first half of a surrogate pair, so that its text is not complete without the next. */
export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

/** Text longer than this is searched by built-in functions: they cost more to call and less by the character. */
export const LONGEST_SCANNED = 12
