/** The outcome of some work that others may wait for as well, or the signal's reason if it fires first, or has fired. */
export async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return work
  const waits = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason as Error)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true, signal: waits.signal })
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    waits.abort()
  }
}
