/**
 * Starts the worker as it is built into the page itself; a package's user serves it as a file (`served-engine.ts`).
 * @param connections - Which hosts it may reach (`connect-src 'self' https://…`), as the page's policy says. Empty: all.
 */
export function startWorker(connections = ''): Worker {
  return new Worker(new URL('../../worker/main.ts', import.meta.url), { type: 'module', name: connections })
}
