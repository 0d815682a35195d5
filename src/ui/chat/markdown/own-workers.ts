/** The workers that colour code and typeset formulae, as they are built into the page. The package's builds put `served-workers.ts` in the place of this. */

export function startHighlightWorker(): Worker {
  return new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' })
}

export function startMathWorker(): Worker {
  return new Worker(new URL('./math-worker.ts', import.meta.url), { type: 'module' })
}

/** Says from which folder they are served. Here they need none. @param _folder - Absolute, with a slash at its end. */
export function serveWorkersFrom(_folder: string): void {}
