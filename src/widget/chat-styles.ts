import css from './reflection-chat.css?inline'

let sheet: CSSStyleSheet | undefined

/**
 * The style sheet that all chats of a page share. It is constructed, so a page's Content-Security-Policy does not forbid it. Sizes that are
 * written in rem count in `--rem`: pages set the size of their root as they like.
 */
export function chatStyles(): CSSStyleSheet {
  if (sheet !== undefined) return sheet
  sheet = new CSSStyleSheet()
  sheet.replaceSync(withOwnRem(css))
  return sheet
}

/** Conditions of media and containers know no variables, and `--rem` itself counts in the page's. @internal */
export function withOwnRem(text: string): string {
  return text.replace(
    /@(?:media|container)[^{@]*\{|--rem:[^;-]*;|(-?(?:\d{1,4}(?:\.\d{1,5})?|\.\d{1,5}))rem\b/g,
    (whole, number?: string) => (number === undefined ? whole : `calc(${number} * var(--rem))`),
  )
}
