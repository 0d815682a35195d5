import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import { EMPTY_DRAFT, type MessageDraft, type Rewording, type Rewordings } from '../core/chat/message-draft.ts'
import type { Conversation } from '../core/chat/conversation.ts'
import type { StorageMode } from '../state/privacy.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'

/** What was typed and not sent yet. */
export interface Drafts {
  readonly draft: WritableAtom<MessageDraft>
  readonly rewordings: WritableAtom<Rewordings>
}

/** Of the parts of a draft that change seldom and may be long. */
const ATTACHED_KEY = 'draft-attached'
const TEXT_KEY = 'draft'
const REWORDINGS_KEY = 'draft-rewordings'

/**
 * What was typed and not sent yet; it outlives a reload of this tab, where the browser allows that. It is stored here only while chats are
 * kept as they are: while they are encrypted, `sealed-drafts.ts` does.
 */
export function keepDrafts(mode: ReadableAtom<StorageMode>): Drafts {
  const text = attempt(() => sessionStorage.getItem(TEXT_KEY)) ?? EMPTY_DRAFT.text
  const attached = read(ATTACHED_KEY, isTexts) ?? EMPTY_DRAFT.attached
  const $draft = atom<MessageDraft>({ text, attached })
  const $rewordings = atom<Rewordings>(read(REWORDINGS_KEY, isRewordings) ?? {})
  const isKept = () => mode.get() === 'keep' && !hasLetGoOfStorage()
  const keepText = () => attempt(() => sessionStorage.setItem(TEXT_KEY, $draft.get().text))
  const keepAttached = () => keep(ATTACHED_KEY, $draft.get().attached)
  const keepRewordings = () => keep(REWORDINGS_KEY, $rewordings.get())
  $draft.listen((now, before) => {
    if (!isKept()) return
    if (now.text !== before?.text) keepText()
    if (now.attached !== before?.attached) keepAttached()
  })
  $rewordings.listen(() => isKept() && keepRewordings())
  mode.listen(() => {
    if (isKept()) for (const part of [keepText, keepAttached, keepRewordings]) part()
    else for (const key of [TEXT_KEY, ATTACHED_KEY, REWORDINGS_KEY]) attempt(() => sessionStorage.removeItem(key))
  })
  return { draft: $draft, rewordings: $rewordings }
}

/** Takes away what is written in the fields of a chat that is deleted: it would outlive the chat. @returns Puts it back. */
export function takeRewordings({ rewordings }: Drafts, { nodes }: Conversation): () => void {
  const all = Object.entries(rewordings.get())
  const those = (isIts: boolean) =>
    Object.fromEntries(all.filter(([id]) => nodes.some((node) => node.id === id) === isIts))
  const taken = those(true)
  rewordings.set(those(false))
  return () => rewordings.set({ ...rewordings.get(), ...taken })
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}

function isRewordings(value: unknown): value is Rewordings {
  const isRewording = ({ draft, refusal = '' }: Rewording) =>
    typeof draft.text === 'string' && isTexts(draft.attached) && typeof refusal === 'string'
  return Object.values(value as Rewordings).every(isRewording)
}

/** Undefined where there is nothing that we wrote. */
function read<Value>(key: string, isOurs: (value: unknown) => value is Value): Value | undefined {
  return attempt(() => {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? '')
    return isOurs(value) ? value : undefined
  })
}

function keep(key: string, value: object): void {
  attempt(() => {
    sessionStorage.removeItem(key) // what was there before is wrong also where there is no room for what is now
    if (Object.keys(value).length > 0) sessionStorage.setItem(key, JSON.stringify(value))
  })
}

/** Undefined where the browser stores nothing. */
function attempt<Value>(use: () => Value): Value | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
