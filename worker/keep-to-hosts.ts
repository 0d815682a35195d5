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
 * From now on this worker asks no other hosts, whatever model is loaded; what would is refused as by the browser, event included. Only where
 * an allowed host sends on to another one has that been asked by then, which the browser itself would not have done: no script sees a
 * redirect before it is followed. Its answer is not given out.
 * @param connections - Directives `connect-src` of policies, whole, with `;` between them: each has to allow an address. Anything else holds
 * the worker to nothing.
 */
export function keepToHosts(connections: string, scope: WorkerScope = globalThis): void {
  const directives = connections.split(';').map((directive) => directive.split(' '))
  if (directives.some(([name]) => name !== 'connect-src')) return
  const { href } = scope.location
  const own = new URL(href)
  const isAllowed = (address: URL, isMoved = false) =>
    directives.every(([, ...sources]) => sources.some((source) => matches(source, { address, own, isMoved })))
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
    if (!response.redirected || isAllowed(new URL(response.url), true)) return response
    await response.body?.cancel()
    return refuse(new URL(response.url))
  }
  for (const way of OTHER_WAYS) Reflect.deleteProperty(scope, way)
}

interface Asked {
  readonly address: URL
  /** Of the worker, and so of the page. */
  readonly own: URL
  /** Another server sent on to this address, where paths do not count: a policy shall not tell a page where it was sent to. */
  readonly isMoved: boolean
}

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** A host as a policy names it: perhaps a scheme, all below a host, a port, a path. */
const HOST = /^(?:([a-z][a-z\d+.-]*:)\/\/)?(\*|(?:\*\.)?[^*:/[]+|\[[^\]/]+\])(?::(\d+|\*))?(\/.*)?$/i

/** Whether a source of a policy allows an address, as Content Security Policy Level 3 has it. */
function matches(source: string, { address, own, isMoved }: Asked): boolean {
  if (source === '*') return address.protocol in PORTS || address.protocol === own.protocol
  if (source.toLowerCase() === "'self'") {
    if (address.origin === own.origin) return true
    const haveUsualPorts = address.port === '' && own.port === ''
    return address.hostname === own.hostname && haveUsualPorts && isScheme(own.protocol, address)
  }
  if (/^[a-z][a-z\d+.-]*:$/i.test(source)) return isScheme(source.toLowerCase(), address)
  const [, scheme = own.protocol, host, port, path] = HOST.exec(source) ?? []
  if (host === undefined || !isScheme(scheme.toLowerCase(), address)) return false
  return isHost(host.toLowerCase(), address) && isPort(port, address) && (isMoved || isPath(path, address))
}

/** What is named with http may be reached with https. */
function isScheme(scheme: string, { protocol }: URL): boolean {
  return protocol === scheme || (scheme === 'http:' && protocol === 'https:')
}

function isHost(host: string, { hostname }: URL): boolean {
  return host === '*' || (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host)
}

function isPort(port: string | undefined, { port: given, protocol }: URL): boolean {
  if (port === undefined) return given === ''
  const actual = given === '' ? PORTS[protocol] : given
  return port === '*' || port === actual || (port === '80' && protocol === 'https:' && actual === '443')
}

/** All below a path that ends with a slash, else this one alone. */
function isPath(path: string | undefined, { pathname }: URL): boolean {
  return path === undefined || (path.endsWith('/') ? pathname.startsWith(path) : pathname === path)
}
