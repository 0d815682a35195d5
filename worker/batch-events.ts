/** One frame of a screen with 60 Hz: sooner would be seen by nobody. */
const INTERVAL_MS = 16

export interface EventBatch<Event> {
  add(event: Event): void
  /** Sends what is there; resolves when all that was sent has arrived. */
  end(): Promise<void>
}

/**
 * Gathers events and sends them on, at most every 16 ms. The first of a burst goes at once.
 * @param atSend What to say once in each batch, before its events.
 */
export function createEventBatch<Event>(
  send: (batch: readonly Event[]) => unknown,
  atSend: () => readonly Event[] = () => [],
): EventBatch<Event> {
  const underway = new Set<Promise<unknown>>()
  let waiting: Event[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastSent = -Infinity

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length === 0) return
    lastSent = performance.now()
    const delivery = Promise.resolve(send([...atSend(), ...waiting])).catch(() => undefined) // a receiver that is gone needs nothing
    waiting = []
    underway.add(delivery)
    void delivery.then(() => underway.delete(delivery))
  }

  return {
    add(event) {
      waiting.push(event)
      const wait = lastSent + INTERVAL_MS - performance.now()
      if (wait <= 0) flush()
      else timer ??= setTimeout(flush, wait)
    },
    async end() {
      flush()
      await Promise.all(underway)
    },
  }
}
