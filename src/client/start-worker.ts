import { pageConnections } from './page-connections.ts'

/** Starts the worker as it is built into the page itself; a package's user serves it as a file (`served-engine.ts`). */
export function startWorker(): Worker {
  return new Worker(new URL('../../worker/main.ts', import.meta.url), { type: 'module', name: pageConnections() })
}
