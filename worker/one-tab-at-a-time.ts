/** Does some work while no other tab of this site does: two that download the same model would fetch every byte twice. */
export async function oneTabAtATime<Value>(work: () => Promise<Value>): Promise<Value> {
  const { locks } = (globalThis.navigator ?? {}) as { locks?: LockManager } // only in secure contexts
  return locks === undefined ? work() : locks.request('second-thought.download', work)
}
