/**
 * Does some work while no other engine of this site does: two that download the same model would fetch every byte twice. Tabs of one version
 * of the page share an engine; an element of another page, or a tab of another version, has its own.
 */
export async function oneTabAtATime<Value>(work: () => Promise<Value>): Promise<Value> {
  const { locks } = (globalThis.navigator ?? {}) as { locks?: LockManager } // only in secure contexts
  return locks === undefined ? work() : locks.request('second-thought.download', work)
}
