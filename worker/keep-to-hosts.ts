/*
 * A browser holds a worker to the policy that its server sends with its script. The plainest servers send none, and the one that stands
 * in the page holds only the page. So the page gives its worker the hosts, as its name, and the worker keeps to them by itself.
 */

/** As much of a worker's global scope as is needed here. */
export interface WorkerScope extends Pick<EventTarget, 'dispatchEvent'> {
  readonly location: { readonly href: string }
  fetch: typeof fetch
}

/** What else a worker can connect with. Nothing here does. */
const OTHER_WAYS = ['XMLHttpRequest', 'WebSocket', 'WebSocketStream', 'EventSource', 'WebTransport']

/**
 * From now on this worker asks no other hosts, whatever model is loaded; what would is refused as by the browser, event included.
 * @param connections - The directive `connect-src` of a policy, whole. Anything else holds it to nothing.
 */
export function keepToHosts(connections: string, scope: WorkerScope = globalThis): void {
  const [name, ...sources] = connections.split(' ')
  if (name !== 'connect-src') return
  const { href } = scope.location
  const hosts = sources.map((source) => (source === "'self'" ? new URL(href).origin : source))
  const allowed = hosts.filter((host) => /^https?:/.test(host))
  const isAllowed = (address: URL) => allowed.some((source) => matches(source, address))
  const get = scope.fetch.bind(scope)

  function refuse(address: URL): never {
    const violation = { blockedURI: address.href, effectiveDirective: 'connect-src', disposition: 'enforce' }
    scope.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), violation))
    throw new TypeError(`The policy of the page does not allow to fetch from ${address.origin}.`)
  }

  scope.fetch = async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, href)
    if (!isAllowed(address)) refuse(address)
    const response = await get(input, init)
    if (!response.redirected || isAllowed(new URL(response.url))) return response
    await response.body?.cancel()
    return refuse(new URL(response.url))
  }
  for (const way of OTHER_WAYS) Reflect.deleteProperty(scope, way)
}

/** As policies have it: a host, or all below one; one that is named with http may be reached with https. */
function matches(source: string, address: URL): boolean {
  const isBelow = source.includes('://*.')
  const { protocol, hostname, port } = new URL(source.replace('://*.', '://'))
  if (address.port !== port || (address.protocol !== protocol && `${protocol}${address.protocol}` !== 'http:https:'))
    return false
  return isBelow ? address.hostname.endsWith(`.${hostname}`) : address.hostname === hostname
}
