import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import { EMPTY_DRAFT, type MessageDraft } from '../core/chat/message-draft.ts'
import type { StorageMode } from '../state/privacy.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'

const TEXT_KEY = 'draft'
const ATTACHED_KEY = 'draft-attached'

/**
 * What was typed and not sent yet; it outlives a reload of this tab, where the browser allows that. It is stored here only while chats are
 * kept as they are: while they are encrypted, `sealed-draft.ts` does.
 */
export function keepDraft(mode: ReadableAtom<StorageMode>): WritableAtom<MessageDraft> {
  const text = attempt(() => sessionStorage.getItem(TEXT_KEY)) ?? EMPTY_DRAFT.text
  const attached = attempt(() => readTexts(sessionStorage.getItem(ATTACHED_KEY))) ?? EMPTY_DRAFT.attached
  const $draft = atom<MessageDraft>({ text, attached })
  $draft.listen((now, before) => {
    if (mode.get() !== 'keep' || hasLetGoOfStorage()) return
    if (now.text !== before?.text) attempt(() => sessionStorage.setItem(TEXT_KEY, now.text))
    if (now.attached !== before?.attached) attempt(() => keepTexts(now.attached)) // long, and changed seldom
  })
  mode.listen((now) => {
    if (now === 'keep' && !hasLetGoOfStorage()) {
      attempt(() => sessionStorage.setItem(TEXT_KEY, $draft.get().text))
      attempt(() => keepTexts($draft.get().attached))
    } else {
      for (const key of [TEXT_KEY, ATTACHED_KEY]) attempt(() => sessionStorage.removeItem(key))
    }
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
