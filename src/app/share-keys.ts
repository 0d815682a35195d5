import type { PageChannel } from '../storage/page-channel.ts'
import type { DataKeys } from '../storage/sealed/data-keys.ts'
import { isRecord } from '../core/check-data.ts'

/** What pages tell each other: keys go from page to page in memory, and cannot be read by a script. */
type Message =
  | { readonly type: 'changed' | 'lock' | 'active' }
  | { readonly type: 'ask'; readonly vaultId: string }
  | { readonly type: 'keys'; readonly keys: DataKeys }

export interface SharedKeys {
  post(type: 'changed' | 'lock' | 'active'): void
  /** The keys of a vault from a page that is unlocked; undefined where none answers in a moment. */
  ask(vaultId: string): Promise<DataKeys | undefined>
  /** The keys of a vault once some page gives them. */
  next(vaultId: string): Promise<DataKeys>
  give(keys: DataKeys): void
}

export interface ShareParts {
  /** Those of this page, as long as it is unlocked. */
  readonly keys: () => DataKeys | undefined
  readonly onChanged: () => void
  readonly onLock: () => void
  /** Someone is at another page of this site. */
  readonly onActive: () => void
}

/** How long others may take to answer, milliseconds: a page in the background is slow. */
const ANSWER_MS = 400

/** So that whoever unlocks one tab has unlocked all, and who locks one has locked all. */
export function shareKeys(channel: PageChannel, { keys, onChanged, onLock, onActive }: ShareParts): SharedKeys {
  const waiting = new Set<(given: DataKeys) => void>()
  const send = (message: Message) => channel.post(message)

  channel.subscribe((message) => {
    if (!isRecord(message)) return
    const own = keys()
    if (message['type'] === 'changed') onChanged()
    else if (message['type'] === 'lock') onLock()
    else if (message['type'] === 'active') onActive()
    else if (message['type'] === 'ask' && own !== undefined && message['vaultId'] === own.vaultId)
      send({ type: 'keys', keys: own })
    else if (message['type'] === 'keys' && areKeys(message['keys'])) for (const tell of waiting) tell(message['keys'])
  })

  function next(vaultId: string): Promise<DataKeys> {
    return new Promise((resolve) => {
      waiting.add(function tell(given) {
        if (given.vaultId !== vaultId) return
        waiting.delete(tell)
        resolve(given)
      })
    })
  }

  return {
    post: (type) => send({ type }),
    next,
    give: (own) => send({ type: 'keys', keys: own }),
    ask(vaultId) {
      const answer = next(vaultId)
      send({ type: 'ask', vaultId })
      return Promise.race([
        answer,
        new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ANSWER_MS)),
      ])
    },
  }
}

function areKeys(value: unknown): value is DataKeys {
  return (
    isRecord(value) &&
    typeof value['vaultId'] === 'string' &&
    ['values', 'names', 'nameNonces'].every((name) => value[name] instanceof CryptoKey)
  )
}
