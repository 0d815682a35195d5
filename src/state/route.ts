/** What the page shows. A chat without an id is a new one; with the id of a message, it is shown at that message. */
export type Route =
  | { readonly page: 'chat'; readonly chatId?: string; readonly nodeId?: string }
  | { readonly page: 'models' }

/** Reads the part of an address after `#`; what is not understood is a new chat. */
export function parseRoute(hash: string): Route {
  const [page, id, nodeId] = hash.replace(/^#?\/?/, '').split('/')
  if (page === 'models') return { page: 'models' }
  if (page === 'chat' && id !== undefined && id !== '') {
    const chat = { page: 'chat', chatId: decodePart(id) } as const
    return nodeId === undefined || nodeId === '' ? chat : { ...chat, nodeId: decodePart(nodeId) }
  }
  return { page: 'chat' }
}

/** The part of an address that `parseRoute` reads, with its `#`. */
export function formatRoute(route: Route): string {
  if (route.page === 'models') return '#/models'
  if (route.chatId === undefined) return '#/'
  const parts = [route.chatId, ...(route.nodeId === undefined ? [] : [route.nodeId])]
  return `#/chat/${parts.map(encodeURIComponent).join('/')}`
}

/** What someone typed into the address may be no code at all. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
