import { atom, type WritableAtom } from 'nanostores'
import { EMPTY_DRAFT, type MessageDraft } from '../core/chat/message-draft.ts'

const TEXT_KEY = 'draft'
const ATTACHED_KEY = 'draft-attached'

/** What was typed and not sent yet; it outlives a reload of this tab, where the browser allows that. */
export function keepDraft(): WritableAtom<MessageDraft> {
  const text = attempt(() => sessionStorage.getItem(TEXT_KEY)) ?? EMPTY_DRAFT.text
  const attached = attempt(() => readTexts(sessionStorage.getItem(ATTACHED_KEY))) ?? EMPTY_DRAFT.attached
  const $draft = atom<MessageDraft>({ text, attached })
  $draft.listen((now, before) => {
    if (now.text !== before?.text) attempt(() => sessionStorage.setItem(TEXT_KEY, now.text))
    if (now.attached !== before?.attached) attempt(() => keepTexts(now.attached)) // long, and changed seldom
  })
  return $draft
}

function readTexts(kept: string | null): string[] | undefined {
  const texts: unknown = kept === null ? undefined : JSON.parse(kept)
  return Array.isArray(texts) && texts.every((text) => typeof text === 'string') ? texts : undefined
}

function keepTexts(texts: readonly string[]): void {
  sessionStorage.removeItem(ATTACHED_KEY) // what was there before is wrong also where there is no room for what is now
  if (texts.length > 0) sessionStorage.setItem(ATTACHED_KEY, JSON.stringify(texts))
}

/** Undefined where the browser stores nothing. */
function attempt<Value>(use: () => Value): Value | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
