/**
 * Starts a module worker from a file, also from a file of another origin, which browsers allow only through a script of the page's own.
 * Such a page's Content-Security-Policy needs `worker-src blob:` and the other origin.
 * @param address - Absolute.
 * @param connections - Which hosts it may reach, as `pageConnections` gives them. One from another origin need not be told: the browser holds
 * a script of the page's own to the page's policy. Default: all.
 */
export function startServedWorker(address: string, connections = ''): Worker {
  if (new URL(address).origin === location.origin) return new Worker(address, { type: 'module', name: connections })
  const script = new Blob([`import ${JSON.stringify(address)}`], { type: 'text/javascript' })
  const own = URL.createObjectURL(script)
  const worker = new Worker(own, { type: 'module' })
  setTimeout(() => URL.revokeObjectURL(own), 60_000) // read when the worker starts, which a busy machine does late
  return worker
}
