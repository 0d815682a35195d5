/**
 * The address of a server as requests to it begin, from what a user typed; undefined where that is none. A bare host is taken to have its
 * interface under `/v1`, as they all do.
 */
export function serverAddress(typed: string): string | undefined {
  const text = typed.trim()
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname, username, password, search, hash } = new URL(text)
  if (`${username}${password}${search}${hash}` !== '') return undefined // a key is sent in its own way, and never shown
  let path = pathname
  while (path.endsWith('/')) path = path.slice(0, -1)
  for (const ending of ['/chat/completions', '/models']) if (path.endsWith(ending)) path = path.slice(0, -ending.length)
  return origin + (path === '' ? '/v1' : path)
}
