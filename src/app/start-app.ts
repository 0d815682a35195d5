import { atom } from 'nanostores'
import { readEngineChoice } from '../core/engine-choice.ts'
import type { Engine, EngineChoice } from '../core/engine.ts'
import type { ModelStorage } from '../core/model-storage.ts'
import { embeddedModel } from '../core/models/model-list.ts'
import { noteRefusals } from '../core/request-notes.ts'
import { createChatLibrary } from '../state/chat-library.ts'
import { createChatSession } from '../state/chat-session.ts'
import { createModelLoader, type ModelLoader } from '../state/model-loader.ts'
import type { FoundFiles } from '../core/models/gguf/find-gguf.ts'
import type { ResolveModel } from '../state/find-added-model.ts'
import { keepDownloads } from '../state/keep-downloads.ts'
import { createModelCatalog } from '../state/model-catalog.ts'
import { noticeEviction } from '../state/notice-eviction.ts'
import type { RequestLog } from '../state/request-log.ts'
import type { OfflineCopy } from '../state/offline-copy.ts'
import { createPausedDownloads } from '../state/paused-downloads.ts'
import { openPreferences } from '../state/open-preferences.ts'
import { readAhead } from '../state/read-ahead.ts'
import { resolveStored } from '../state/resolve-stored.ts'
import type { Route } from '../state/route.ts'
import { createStoredModels } from '../state/stored-models.ts'
import { createFetchPart } from '../ui/parts/fetch-part.ts'
import { mountApp } from '../ui/app/mount-app.ts'
import type { Notice } from '../ui/app/notice-bar.ts'
import { onceAtRest } from '../ui/app/once-at-rest.ts'
import { followLanguage } from '../ui/app/follow-language.ts'
import { languageOf, loadLocale } from '../ui/words/locales.ts'
import { openClearing } from './clear-everything.ts'
import { followRoute } from './follow-route.ts'
import { hearRequests } from './hear-requests.ts'
import { takeRewordings } from './keep-drafts.ts'
import { isStorageKept, keepStorage } from './keep-storage.ts'
import { openServers } from './open-servers.ts'
import { openStores } from './open-stores.ts'
import { storageMark } from './storage-mark.ts'

/** What the page says of a chat that it cannot show. */
const CHAT_NOTICES = {
  missing: 'no-such-chat',
  unreadable: 'unreadable-chat',
  newer: 'newer-chat',
} as const satisfies Readonly<Record<string, Notice>>

/** Finds a model by its name. @param found - What is known of GGUF files of other places. */
export type FindModel = (name: string, signal: AbortSignal | undefined, found: FoundFiles) => ReturnType<ResolveModel>

/**
 * Puts the page together over the engine of this device, shows it, and loads the model of the user's choice.
 * @param storage - The files of models on this device; absent where the engine keeps none.
 * @param openOffline - Keeps the page for use without a network; called once the page is at rest. Absent where its files are not built for that.
 */
export async function startApp(
  root: HTMLElement,
  local: Engine,
  find: FindModel,
  storage?: ModelStorage,
  openOffline?: (model: ModelLoader['model']) => Promise<OfflineCopy>,
): Promise<void> {
  const {
    engine,
    servers,
    resolve: withServers,
  } = openServers(
    local,
    () => preferences,
    () => privacy?.mode,
  )
  const stored =
    storage === undefined ? undefined : createStoredModels(storage, { isKept: isStorageKept, keep: keepStorage })
  noteRefusals('page')
  const tellHeard = hearRequests()
  let requests: RequestLog | undefined
  const openRequests = async () => {
    const { openRequestLog } = await import('./open-request-log.ts')
    return (requests ??= openRequestLog(tellHeard)) // after the wait: whoever asks meanwhile gets the same one, which alone is told
  }
  const life = new AbortController()
  const clearing = openClearing(root, () => {
    life.abort()
    engine.dispose()
  })
  const query = new URLSearchParams(location.search)
  const choice = atom<EngineChoice>('auto')
  const loader = createModelLoader(engine, { choice, paused: createPausedDownloads(storageMark('paused')) })
  const session = createChatSession(engine, loader)
  readAhead(engine, loader, session)
  const notices = atom<readonly Notice[]>([])
  const tell = (notice: Notice) => notices.set([...new Set([...notices.get(), notice])])
  const onWriteError = (error: unknown) => {
    console.warn(error)
    tell('settings-not-saved')
  }
  loadLocale(languageOf(undefined)).catch(() => undefined) // most likely the words to come, fetched while the stores open
  const stores = await openStores(root)
  const { privacy } = stores
  const findHere: ResolveModel = (name, signal) => find(name, signal, stores.found)
  const resolve = withServers(storage === undefined ? findHere : resolveStored(findHere, storage))
  const { value: preferences, problem } = await openPreferences(stores.preferences, onWriteError)
  preferences.subscribe(({ chat }) => session.settings.set(chat))
  // `?engine=` says for this visit what models run on, until the user chooses anew.
  choice.set(readEngineChoice(query.get('engine')) ?? preferences.get().engine)
  const choose = (next: EngineChoice) => {
    choice.set(next)
    forgetInAddress('engine')
  }
  preferences.listen((now, before) => {
    if (now.engine !== before?.engine) choose(now.engine)
  })
  const library = createChatLibrary(
    stores.conversations,
    session,
    () => tell('storage-cleared'),
    (conversation) => takeRewordings(stores, conversation),
  )
  // `?model=` names another model for this visit, in any of the ways in which one can be found, until the user chooses anew.
  const named = query.get('model') ?? undefined
  const onChosen = () => forgetInAddress('model')
  const catalog = createModelCatalog({ engine, loader, preferences, choice, resolve, named, onChosen })
  keepDownloads(loader, keepStorage)
  if (stored !== undefined) {
    const noticed = noticeEviction(stored, storageMark('models'), () => tell('models-evicted'))
    void noticed.then(() => catalog.entries.listen(() => void stored.refresh())) // files came or went
  }

  const route = atom<Route>({ page: 'chat' })
  const reveal = atom<string | undefined>(undefined)
  if (!stores.areKept) tell('not-kept')
  if (problem !== undefined) tell('settings-unreadable')
  const name = named ?? preferences.get().model ?? embeddedModel.id
  void loader.load((signal) => resolve(name, signal), { resumes: false })

  const offline = atom<OfflineCopy | undefined>(undefined)
  const keepOffline = async () => {
    const copy = await openOffline?.(loader.model).catch((error: unknown) => console.warn(error))
    offline.set(copy ?? undefined)
    copy?.hasUpdate.subscribe((isThere) => isThere && tell('update-ready'))
  }
  onceAtRest(loader.model, () => void keepOffline(), life)

  const fetchPart = createFetchPart(() => tell('part-missing'))
  const locale = await followLanguage(preferences, fetchPart)
  if (life.signal.aborted) return // another tab has deleted everything meanwhile
  onceAtRest(loader.model, () => void Promise.allSettled([openRequests(), clearing.prepare()]), life)
  const parts = {
    loader,
    session,
    library,
    catalog,
    stored,
    servers,
    preferences,
    locale,
    route,
    notices,
    reveal,
    draft: stores.draft,
    rewordings: stores.rewordings,
    offline,
    openRequests,
    onAutomatic() {
      preferences.set({ ...preferences.get(), engine: 'auto' })
      choose('auto') // where only the address said otherwise
    },
    onClear: () => void fetchPart(clearing.clearEverything()),
    fetchPart,
    privacy,
  }
  mountApp(root, parts, life)

  document.addEventListener('visibilitychange', () => void library.flush(), life)
  window.addEventListener('pagehide', () => void library.flush(), life)
  if (privacy !== undefined) {
    privacy.guard({
      preferences,
      hasChats: () => library.list.get().chats.length > 0,
      save: () => library.flush(),
      openServers: () => void fetchPart(servers()),
    })
    privacy.mode.listen(() => void library.start()) // what is stored now may be another list
  }
  await library.start()
  await followRoute({
    route,
    session,
    library,
    reveal,
    onMissing(why) {
      if (why !== 'storage-failed') tell(CHAT_NOTICES[why])
    },
  })
}

/** A reload keeps what the user has chosen since. */
function forgetInAddress(name: string): void {
  const address = new URL(location.href)
  address.searchParams.delete(name)
  history.replaceState(null, '', address)
}
