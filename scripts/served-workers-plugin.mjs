import { fileURLToPath } from 'node:url'

const SERVED = fileURLToPath(new URL('../src/ui/chat/markdown/served-workers.ts', import.meta.url))

/**
 * Puts workers that a site serves in the place of those that are built into a page: bundlers of other projects could not find the latter.
 * @returns {import('vite').Plugin}
 */
export function servedWorkers() {
  return {
    name: 'served-workers',
    enforce: 'pre',
    resolveId: (source) => (source.endsWith('/own-workers.ts') ? SERVED : undefined),
  }
}
