/** More do not help: what is left waits for the memory. */
const MOST_THREADS = 8

/** Up to so many logical processors all are used; beyond, every second, as two share the parts that multiply. */
const FEW = 4

/** Threads for llama.cpp: one, unless the page is isolated from other origins, which browsers want before threads may share memory. */
export function processorThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1
  const { hardwareConcurrency: logical } = navigator
  return Math.min(MOST_THREADS, logical <= FEW ? logical : Math.ceil(logical / 2))
}
