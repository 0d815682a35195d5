import { html, nothing, render } from 'lit/html.js'
import { computed, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { MessageDraft, Rewordings } from '../../core/chat/message-draft.ts'
import type { EngineLimit } from '../../core/engine.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ModelLoader } from '../../state/model-loader.ts'
import type { ModelCatalog } from '../../state/model-catalog.ts'
import type { OfflineCopy } from '../../state/offline-copy.ts'
import type { StoragePrivacy } from '../../state/privacy.ts'
import type { Preferences, ThinkingMode } from '../../state/preferences.ts'
import type { RequestLog } from '../../state/request-log.ts'
import type { Route } from '../../state/route.ts'
import type { Servers } from '../../state/servers.ts'
import type { StoredModels } from '../../state/stored-models.ts'
import { applyAppearance } from './apply-appearance.ts'
import { mountChatList } from '../chats/chat-list.ts'
import { fetchAhead } from './fetch-ahead.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { pageKeys } from '../parts/keys.ts'
import { noteFocus } from '../parts/note-focus.ts'
import { mountTooltipLate } from '../parts/mount-tooltip-late.ts'
import { mountChat } from '../chat/mount-chat.ts'
import { createModelPicker } from './model-picker.ts'
import { mountSidebar } from './mount-sidebar.ts'
import { noticeBar, type Notice } from './notice-bar.ts'
import { pageHeader } from './page-header.ts'
import { createPageReload } from './reload-page.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { MountedSettings } from '../settings/settings-dialog.ts'
import { needLaterWords, type Locale } from '../words/locales.ts'

export interface AppParts {
  readonly loader: ModelLoader
  readonly session: ChatSession
  readonly library: ChatLibrary
  readonly catalog: ModelCatalog
  /** Absent where the engine keeps no files of models. */
  readonly stored?: StoredModels | undefined
  /** Models on servers; fetched when they are asked for. */
  readonly servers: () => Promise<Servers>
  readonly preferences: WritableAtom<Preferences>
  readonly locale: ReadableAtom<Locale>
  readonly route: WritableAtom<Route>
  readonly notices: WritableAtom<readonly Notice[]>
  /** A message to bring into sight. */
  readonly reveal: WritableAtom<string | undefined>
  /** What was typed and not sent yet. */
  readonly draft: WritableAtom<MessageDraft>
  readonly rewordings: WritableAtom<Rewordings>
  /** Absent until the page is at rest, and where it cannot be kept. */
  readonly offline: ReadableAtom<OfflineCopy | undefined>
  /** Every request since the page was opened; fetched when it is asked for. */
  readonly openRequests: () => Promise<RequestLog>
  /** Lets the page choose again what models run on. */
  readonly onAutomatic: () => void
  /** Deletes all that is stored, and ends the page. */
  readonly onClear: () => void
  readonly fetchPart: FetchPart
  /** How chats are stored; absent where the browser stores nothing. */
  readonly privacy?: StoragePrivacy | undefined
}

/** One list for all, so that nothing is drawn anew for it. */
const NO_LIMITS: readonly EngineLimit[] = []

/** Shows the whole page: the chats, the chat or the models, and the settings. */
export function mountApp(root: HTMLElement, parts: AppParts, { signal }: { readonly signal: AbortSignal }): void {
  const {
    loader,
    session,
    library,
    catalog,
    stored,
    servers: fetchServers,
    preferences,
    locale: $locale,
    route,
    notices,
    reveal,
    draft,
    rewordings,
    offline,
    openRequests,
    onAutomatic,
    onClear,
    fetchPart,
    privacy,
  } = parts
  const $thinking = computed(preferences, ({ thinking }) => thinking)
  const $chatCount = computed(library.list, ({ status, chats }) => (status === 'ready' ? chats.length : undefined))
  const $model = computed(loader.model, (state) => ('model' in state ? state.model : undefined))
  const $limits = computed(loader.model, (state) => (state.status === 'ready' && state.loaded.limits) || NO_LIMITS)
  applyAppearance(preferences, $locale, { signal })

  render(
    html`
      <a class="skip" href="#message"></a>
      <dialog class="sidebar" id="sidebar"></dialog>
      <div class="main">
        <header class="header"></header>
        <div class="notices"></div>
        <main class="page" id="page"></main>
      </div>
      <div class="dialogs"></div>
      <div class="menus"></div>
      <div class="tooltips"></div>
    `,
    root,
  )
  const part = <Kind extends HTMLElement>(selector: string): Kind => {
    const element = root.querySelector<Kind>(selector)
    if (element === null) throw new Error(`The page has no ${selector}.`)
    return element
  }
  const skip = part<HTMLAnchorElement>('.skip')
  const sidebar = mountSidebar(
    part('.sidebar'),
    {
      preferences,
      locale: $locale,
      route,
      onSettings: () => void openSettings(),
      privacy,
      onPlaced: (isBeside) => root.classList.toggle('with-sidebar', isBeside),
      onHidden: () => part('.show-chats').focus(),
    },
    { signal },
  )
  const { closeDrawer } = sidebar

  const chatList = mountChatList(
    sidebar.list,
    {
      library,
      session,
      locale: $locale,
      onChosen: closeDrawer,
      onBegun() {
        toChat()
        focusPage()
      },
      fetchPart,
    },
    { signal },
  )
  let settings: Promise<MountedSettings | undefined> | undefined

  const modelPicker = createModelPicker(
    part('.menus'),
    { loader, catalog, locale: $locale, onAll: () => route.set({ page: 'models' }) },
    { signal },
  )
  const reload = createPageReload({ signal })
  renderOnChange(
    part('.header'),
    [$locale, route, loader.model, session.conversation, library.list, reload.isOffline],
    header,
    { signal },
  )
  renderOnChange(
    part('.notices'),
    [$locale, library.storageError, notices, reload.state, session.runs],
    () =>
      noticeBar({
        storageError: library.storageError.get(),
        notices: notices.get(),
        reload,
        isReplying: session.runs.get().size > 0,
        locale: $locale.get(),
        onSave: () => void saveAgain(),
        onUpdate() {
          const copy = offline.get()
          if (copy === undefined) void reload.reload()
          else copy.takeUpdate()
        },
        onDismiss(gone) {
          notices.set(notices.get().filter((notice) => notice !== gone))
          focusPage()
        },
      }),
    { signal },
  )

  const page = part('.page')
  let shownPage: { readonly name: Route['page']; readonly end: AbortController } | undefined
  let focusPage: () => void = () => undefined // into the message field, or onto the heading of the models
  const unsubscribe = route.subscribe(({ page: name }) => {
    if (name === shownPage?.name) return
    shownPage?.end.abort()
    shownPage = { name, end: new AbortController() }
    const life = { signal: AbortSignal.any([signal, shownPage.end.signal]) }
    const region = document.createElement('div')
    region.className = `region ${name}-region`
    page.replaceChildren(region)
    window.scrollTo({ top: 0, behavior: 'instant' })
    if (name === 'models') {
      focusPage = () => region.querySelector('h2')?.focus()
      void showModels(region, life)
      return
    }
    const { writtenElsewhere } = library
    const onLoadOther = ({ id }: ModelDescription) => {
      const other = catalog.entries.get().find((entry) => entry.name === id)
      if (other !== undefined) void catalog.choose(other)
    }
    const chat = {
      loader,
      session,
      locale: $locale,
      thinking: $thinking,
      chatCount: $chatCount,
      writtenElsewhere,
      draft,
      rewordings,
      reveal,
      onThinking: (mode: ThinkingMode) => preferences.set({ ...preferences.get(), thinking: mode }),
      onLoadOther,
      onAutomatic,
      fetchPart,
    }
    focusPage = mountChat(region, chat, life).focusComposer
  })

  function words() {
    return $locale.get().words
  }

  function header() {
    const isChat = route.get().page === 'chat'
    const { id: shownId } = session.conversation.get()
    const chat = isChat ? library.list.get().chats.find(({ id }) => id === shownId) : undefined
    skip.textContent = isChat ? words().page.skipToComposer : words().page.skipToModels
    return pageHeader({
      words: words(),
      title: chat?.title ?? '',
      modelPicker: modelPicker(),
      isOffline: reload.isOffline.get(),
      onShowChats: sidebar.show,
      onNewChat: newChat,
    })
  }

  /** The button that was pressed is gone once that succeeds. */
  async function saveAgain(): Promise<void> {
    const isUnmoved = noteFocus()
    await library.flush()
    if (library.storageError.get() === undefined && isUnmoved()) focusPage()
  }

  function newChat(): void {
    library.create()
    toChat()
    closeDrawer()
    focusPage()
  }

  function toChat(): void {
    const { id, nodes } = session.conversation.get()
    route.set(nodes.length === 0 ? { page: 'chat' } : { page: 'chat', chatId: id })
  }

  async function showModels(region: HTMLElement, life: { readonly signal: AbortSignal }): Promise<void> {
    const coming = [withLaterWords(import('../models/model-page.ts')), fetchPart(fetchServers())] as const
    const [models, servers] = await Promise.all(coming)
    if (life.signal.aborted) return
    if (models === undefined) return toChat()
    const onClose = () => {
      toChat()
      focusPage()
    }
    models.mountModelPage(region, { catalog, stored, servers, loader, session, locale: $locale, onClose }, life)
    if (document.activeElement === document.body) region.querySelector('h2')?.focus() // the link that led here is gone
  }

  /** Waits for a part and what it says. */
  function withLaterWords<Part>(coming: Promise<Part>): Promise<Part | undefined> {
    return fetchPart(Promise.all([coming, needLaterWords($locale)]).then(([fetched]) => fetched))
  }

  async function openSettings(): Promise<void> {
    closeDrawer()
    settings ??= mountedSettings()
    const mounted = await settings
    if (mounted === undefined) settings = undefined
    mounted?.open()
  }

  async function mountedSettings(): Promise<MountedSettings | undefined> {
    const dialog = await withLaterWords(import('../settings/settings-dialog.ts'))
    const onModels = () => route.set({ page: 'models' })
    return dialog?.mountSettings(
      part('.dialogs'),
      {
        preferences,
        library,
        session,
        model: $model,
        limits: $limits,
        locale: $locale,
        offline,
        openRequests,
        models: catalog.entries,
        onClear,
        onModels,
        fetchPart,
        openPrivacy: privacy?.open,
      },
      { signal },
    )
  }

  function search(): void {
    sidebar.show()
    chatList.focusSearch()
  }

  function lock(): boolean {
    if (privacy?.mode.get() !== 'encrypted') return false
    privacy.lock()
    return true
  }

  mountTooltipLate(part('.tooltips'), { signal })
  fetchAhead(loader.model, $locale, signal)
  document.addEventListener('keydown', pageKeys({ onNewChat: newChat, onSearch: search, onLock: lock }), { signal })
  skip.addEventListener(
    'click',
    (event) => {
      event.preventDefault() // the address is the router's
      focusPage()
    },
    { signal },
  )
  signal.addEventListener('abort', () => {
    unsubscribe()
    shownPage?.end.abort()
    render(nothing, root)
  })
}
