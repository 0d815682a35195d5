import { isBlankMessage } from './message-text.ts'

/**
 * Characters and lines that a field for messages takes in. Browsers lay out all of a field with each key, and with each line of a text that
 * an input method puts in: with more, they take longer than anyone may wait for a key.
 * @internal
 */
export const FIELD_CHARACTERS = 20_000
/** @internal */
export const FIELD_LINES = 200

/** Shorter texts go into the field, however much stands there: they come from keys and input methods. */
const TYPED_CHARACTERS = 500

/** A message that is being written. */
export interface MessageDraft {
  /** What stands in the field. */
  readonly text: string
  /** Texts too long for the field. They are sent with it, before it. */
  readonly attached: readonly string[]
  /** What was attached before that was changed last; absent once something was typed after that. */
  readonly before?: readonly string[]
}

/** A message that is being put in other words. */
export interface Rewording {
  readonly draft: MessageDraft
  /** Why the model was not asked with it; absent when it was not refused. */
  readonly refusal?: string
}

/** Messages that are being put in other words, by their ids. */
export type Rewordings = Readonly<Record<string, Rewording>>

export const EMPTY_DRAFT: MessageDraft = { text: '', attached: [] }

/** Between the texts of a message. */
const JOINT = '\n\n'

/** The message that a draft is sent as. */
export function messageOf({ text, attached }: MessageDraft): string {
  return [...attached, ...(attached.length > 0 && isBlankMessage(text) ? [] : [text])].join(JOINT)
}

/** A message as it is written again: of a long one, the last paragraph stands in the field. */
export function draftOf(message: string): MessageDraft {
  if (fits(message)) return { text: message, attached: [] }
  const joint = message.lastIndexOf(JOINT)
  const text = joint < 0 ? '' : message.slice(joint + JOINT.length)
  const isWhole = !fits(text) || isBlankMessage(text)
  return isWhole ? { text: '', attached: [message] } : { text, attached: [message.slice(0, joint)] }
}

/** A draft that came back, before what was written meanwhile. */
export function rejoined(back: MessageDraft, since: MessageDraft): MessageDraft {
  if (isEmptyDraft(since)) return back
  const texts = [back.text, since.text].filter((text) => !isBlankMessage(text))
  const text = texts.join(JOINT)
  if (since.attached.length === 0 && fits(text)) return { text, attached: back.attached }
  const attached = [...back.attached, ...(isBlankMessage(back.text) ? [] : [back.text]), ...since.attached]
  return { text: since.text, attached }
}

/** Whether nothing at all is written. */
export function isEmptyDraft({ text, attached }: MessageDraft): boolean {
  return text === '' && attached.length === 0
}

/** Whether there is nothing to send. */
export function isBlankDraft({ text, attached }: MessageDraft): boolean {
  return attached.length === 0 && isBlankMessage(text)
}

/** Whether a text is too long to go into a field that has another one in it. */
export function isTooLongBeside(there: string, added: string): boolean {
  return added.length >= TYPED_CHARACTERS && !fits(there + added)
}

/** The field has another text. Where that came with a text that is too long for it, this one is attached, and the field keeps the rest. */
export function write(draft: MessageDraft, text: string): MessageDraft {
  const { attached } = draft
  const { start, end } = addedIn(text, draft.text)
  const [added, rest] = [text.slice(start, end), text.slice(0, start) + text.slice(end)]
  return isTooLongBeside(rest, added) ? attach({ text: rest, attached }, added) : { text, attached }
}

export function attach({ text, attached }: MessageDraft, added: string): MessageDraft {
  return { text, attached: [...attached, added.replaceAll(/\r\n?/g, '\n')], before: attached }
}

/** Puts another text in the place of an attached one; a blank one takes it away. */
export function changeAttached({ text, attached }: MessageDraft, index: number, changed: string): MessageDraft {
  return {
    text,
    attached: attached.toSpliced(index, 1, ...(isBlankMessage(changed) ? [] : [changed])),
    before: attached,
  }
}

/** Takes back what was done last with the attached texts. */
export function undoAttached(draft: MessageDraft): MessageDraft {
  return draft.before === undefined ? draft : { text: draft.text, attached: draft.before }
}

function fits(text: string): boolean {
  if (text.length > FIELD_CHARACTERS) return false
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0 && lines <= FIELD_LINES; at = text.indexOf('\n', at + 1)) lines++
  return lines <= FIELD_LINES
}

/** Where a text differs from what it was before, in whole characters. */
function addedIn(text: string, before: string): { readonly start: number; readonly end: number } {
  const shorter = Math.min(text.length, before.length)
  let start = 0
  while (start < shorter && text[start] === before[start]) start++
  if (isInCharacter(text, start)) start--
  let end = text.length
  while (
    end > start &&
    before.length - text.length + end > start &&
    text[end - 1] === before[before.length - text.length + end - 1]
  )
    end--
  return { start, end: isInCharacter(text, end) ? end + 1 : end }
}

/** Whether a place is between the two halves of a character. */
function isInCharacter(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1))
}
