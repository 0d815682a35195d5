import { atom, type ReadableAtom } from 'nanostores'
import type { ConversationStore } from '../core/chat/conversation-store.ts'
import type { FoundFiles } from '../core/models/gguf/find-gguf.ts'
import type { PreferenceStore } from '../core/preference-store.ts'
import type { Preferences } from '../state/preferences.ts'
import type { StorageMode, StoragePrivacy } from '../state/privacy.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'
import { openConversationStore } from '../storage/open-conversation-store.ts'
import { openPreferenceStore } from '../storage/open-preference-store.ts'
import { isPlainMode } from '../storage/record-form.ts'
import { openSiteStorage } from '../storage/site-storage.ts'
import type { StorageGuard } from './guard-storage.ts'
import { keepDrafts, type Drafts } from './keep-drafts.ts'

export interface Stores extends Drafts {
  readonly conversations: ConversationStore
  readonly preferences: PreferenceStore
  readonly found: FoundFiles
  /** False where the browser stores nothing, so that all is gone with the page. */
  readonly areKept: boolean
  /** Absent where the browser stores nothing. */
  readonly privacy?: PagePrivacy
}

/** How the page's data is stored, and what the page does about it. */
export interface PagePrivacy extends StoragePrivacy {
  /** Once the page is there, for what is to be done about it. */
  guard(page: GuardedPage): void
}

/** What the page does where chats are not simply kept. */
export interface GuardedPage {
  /** What is shown before chats are unlocked follows these. */
  readonly preferences: ReadableAtom<Preferences>
  readonly hasChats: () => boolean
  /** Saves what is not saved yet. */
  readonly save: () => Promise<void>
  /** Opens what takes keys for servers out of the storage. */
  readonly openServers: () => void
}

/** Opens what is stored in this browser, or a store in memory where it stores nothing. Where chats are encrypted it is first unlocked in `root`. */
export async function openStores(root: HTMLElement): Promise<Stores> {
  const $mode = atom<StorageMode>('keep')
  const drafts = keepDrafts($mode)
  let page: GuardedPage | undefined
  let guard: Promise<StorageGuard> | undefined
  const fetchGuard = () =>
    (guard ??= import('./guard-storage.ts').then(
      ({ guardStorage }) => guardStorage(root, site, $mode, drafts, () => page),
      (error: unknown) => {
        guard = undefined // the next one who asks tries again
        throw error
      },
    ))
  const site = openSiteStorage(() => fetchGuard().then(({ follow }) => follow(), beginAnew))
  site.channel.subscribe(() => {
    if (guard === undefined) void fetchGuard().then(({ follow }) => follow(), beginAnew)
  })
  const conversations = openConversationStore(site.chats.records)
  const preferences = openPreferenceStore(site.settings.records)
  const fetchFound = async () => (await import('../storage/open-found-files.ts')).openFoundFiles(site.found.records)
  const found: FoundFiles = {
    get: async (address) => (await fetchFound()).get(address),
    put: async (file) => (await fetchFound()).put(file),
  }
  const privacy: PagePrivacy = {
    mode: $mode,
    lock: () => void fetchGuard().then(({ lock }) => lock()),
    open: async () => (await fetchGuard()).privacy,
    guard(one) {
      page = one
      $mode.subscribe((mode) => mode !== 'keep' && void fetchGuard().then(({ serve }) => serve(one)))
    },
  }
  const stores = { conversations, preferences, found, ...drafts, privacy, areKept: true }
  let mode: unknown
  try {
    mode = await site.readMode()
    if (isPlainMode(mode)) await Promise.all([conversations.list(), preferences.read()])
  } catch (error) {
    console.warn(error)
    const { createMemoryStores } = await import('../storage/memory-stores.ts')
    return { ...createMemoryStores(), ...drafts, areKept: false }
  }
  // What fails from here on is told as such: chats that are there must not look as if they were not.
  if (!isPlainMode(mode)) await (await fetchGuard()).begin()
  return stores
}

/** Another page changed how all is stored, and the part that would follow it cannot be fetched. */
function beginAnew(): void {
  if (!hasLetGoOfStorage()) location.reload()
}
