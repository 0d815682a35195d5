/** What the page shows. A chat without an id is a new one. */
export type Route = { readonly page: 'chat'; readonly chatId?: string } | { readonly page: 'models' }

/** Reads the part of an address after `#`; what is not understood is a new chat. */
export function parseRoute(hash: string): Route {
  const [page, id] = hash.replace(/^#?\/?/, '').split('/')
  if (page === 'models') return { page: 'models' }
  if (page === 'chat' && id !== undefined && id !== '') return { page: 'chat', chatId: decodeURIComponent(id) }
  return { page: 'chat' }
}

/** The part of an address that `parseRoute` reads, with its `#`. */
export function formatRoute(route: Route): string {
  if (route.page === 'models') return '#/models'
  return route.chatId === undefined ? '#/' : `#/chat/${encodeURIComponent(route.chatId)}`
}
