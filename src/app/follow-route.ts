import type { WritableAtom } from 'nanostores'
import type { ChatLibrary, OpenedChat } from '../state/chat-library.ts'
import type { ChatSession } from '../state/chat-session.ts'
import { formatRoute, parseRoute, type Route } from '../state/route.ts'

/** Where the address of the page and what it shows are kept alike: links and the browser's own buttons work, and a reload shows the same. */
export interface RouteParts {
  readonly route: WritableAtom<Route>
  readonly session: ChatSession
  readonly library: ChatLibrary
  /** The message to show next, once its chat is there. */
  readonly reveal: WritableAtom<string | undefined>
  /** The address names a chat that cannot be shown. */
  readonly onMissing: (why: Exclude<OpenedChat, 'shown'>) => void
}

/** Shows what the address names, now and whenever it changes, and changes it when something else is shown. */
export async function followRoute({ route, session, library, reveal, onMissing }: RouteParts): Promise<void> {
  let wanted = 0

  async function show(next: Route): Promise<void> {
    const mine = ++wanted
    route.set(next)
    if (next.page !== 'chat') return
    if (next.chatId === undefined) return library.create()
    const opened = await library.open(next.chatId)
    if (mine !== wanted) return
    if (opened !== 'shown') {
      onMissing(opened)
      library.create()
      route.set({ page: 'chat' })
    } else if (next.nodeId !== undefined && session.conversation.get().nodes.some(({ id }) => id === next.nodeId)) {
      session.select(next.nodeId)
      reveal.set(next.nodeId)
      // The message was gone to once. A reload shall keep what is chosen by then, and the same link lead to it again.
      const shown: Route = { page: 'chat', chatId: next.chatId }
      writeAddress(shown, true)
      route.set(shown)
    }
  }

  function writeAddress(next: Route, replaces: boolean): void {
    const hash = formatRoute(next)
    if (hash === formatRoute(parseRoute(location.hash))) return
    if (replaces) history.replaceState(null, '', hash)
    else history.pushState(null, '', hash)
  }

  window.addEventListener('hashchange', () => void show(parseRoute(location.hash)))
  const first = parseRoute(location.hash)
  // A new chat is shown already, and the user may have asked in it before we came.
  if (first.page === 'chat' && first.chatId === undefined) route.set(first)
  else await show(first)
  route.listen((next) => writeAddress(next, false))
  let shownId = session.conversation.get().id
  session.conversation.subscribe(({ id, nodes }) => {
    if (route.get().page !== 'chat') return
    const isOther = id !== shownId
    shownId = id
    const next: Route = nodes.length === 0 ? { page: 'chat' } : { page: 'chat', chatId: id }
    const shown = route.get()
    if (shown.page === 'chat' && shown.chatId === next.chatId) return
    // The first message of a new chat gives it its address; that is no step to go back over.
    writeAddress(next, !isOther)
    route.set(next)
  })
}
