import { EMPTY_DRAFT, isEmptyDraft, type MessageDraft, type Rewordings } from '../core/chat/message-draft.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'
import { bytesOf, decrypt, encrypt, type DataKeys } from '../storage/sealed/data-keys.ts'
import type { Drafts } from './keep-drafts.ts'

/** The drafts of this tab, encrypted, where they outlive a reload. */
export interface SealedDrafts {
  /** Stores them from now on under these keys, or not at all. */
  use(keys: DataKeys | undefined): void
  /** Takes what a reload left, unless something is typed already in its place. */
  restored(): Promise<void>
  /** Resolves when all is stored. */
  settled(): Promise<void>
}

/** Stored one by one: attached texts are long, and changed seldom. */
const PARTS = ['text', 'attached', 'rewordings'] as const
type Part = (typeof PARTS)[number]

const keyOf = (part: Part) => `draft-${part}.sealed`

/** Follows drafts; nothing is stored before `use` is called. */
export function keepSealedDrafts({ draft, rewordings }: Drafts): SealedDrafts {
  let keys: DataKeys | undefined
  let writing: Promise<void> = Promise.resolve()
  const waiting = new Set<Part>()

  const valueOf = (part: Part) => (part === 'rewordings' ? rewordings.get() : draft.get()[part])

  const hasRewordings = () => Object.keys(rewordings.get()).length > 0

  /** The newest text, once the one before is stored. */
  function write(part: Part): void {
    if (waiting.has(part)) return
    waiting.add(part)
    writing = writing
      .then(async () => {
        waiting.delete(part)
        if (keys === undefined) return
        sessionStorage.removeItem(keyOf(part)) // what was there before is wrong also where there is no room for what is now
        const bytes = await encrypt(keys.values, bytesOf(JSON.stringify(valueOf(part))), keyOf(part))
        if (!hasLetGoOfStorage()) sessionStorage.setItem(keyOf(part), toText(bytes))
      })
      .catch((error: unknown) => console.warn(error)) // as where the browser stores nothing
  }

  async function read(part: Part): Promise<unknown> {
    const stored = sessionStorage.getItem(keyOf(part))
    if (stored === null || keys === undefined) return undefined
    const bytes = await decrypt(keys.values, toBytes(stored), keyOf(part))
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown // it opens, so we wrote it
  }

  draft.listen((now, before) => {
    for (const part of ['text', 'attached'] as const) if (now[part] !== before?.[part]) write(part)
  })
  rewordings.listen(() => write('rewordings'))
  return {
    use(next) {
      if (next?.vaultId === keys?.vaultId) return
      keys = next
      if (next === undefined) for (const part of PARTS) sessionStorage.removeItem(keyOf(part))
      else if (!isEmptyDraft(draft.get()) || hasRewordings()) PARTS.forEach(write)
    },
    async restored() {
      try {
        const [text = EMPTY_DRAFT.text, attached = EMPTY_DRAFT.attached, left = {}] = await Promise.all(PARTS.map(read))
        if (isEmptyDraft(draft.get())) draft.set({ text, attached } as MessageDraft)
        if (!hasRewordings()) rewordings.set(left as Rewordings)
      } catch (error) {
        console.warn(error) // of another key, or nothing that we wrote
      }
    },
    settled: () => writing,
  }
}

/** A function takes only so many arguments. */
const AT_ONCE = 8192

/** Binary text, a character a byte, is the shortest that session storage takes of any bytes. */
function toText(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE))
  return text
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
