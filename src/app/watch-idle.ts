/** Tells when nobody was at any page of this site for some time. */
export interface IdleWatch {
  /** @param minutes - 0 for never. */
  set(minutes: number): void
  /** Someone is there, at this page or at another. */
  touch(): void
}

const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** How often the others are told that someone is here, and how often it is looked whether nobody is, milliseconds. */
const TOLD_EVERY_MS = 10_000
const LOOK_EVERY_MS = 5000

/** Counts by the clock, which goes on while a computer sleeps, and by the time that the page runs, which nobody can set back. */
export function watchIdle({
  onIdle,
  onActive,
}: {
  readonly onIdle: () => void
  readonly onActive: () => void
}): IdleWatch {
  let limit = 0
  let lastByClock = Date.now()
  let last = performance.now()
  let told = -Infinity

  function touch(): void {
    look() // a computer that wakes up sees the user before the timer
    begin()
  }

  function begin(): void {
    lastByClock = Date.now()
    last = performance.now()
  }

  function onSign(): void {
    touch()
    if (limit === 0 || performance.now() - told < TOLD_EVERY_MS) return
    told = performance.now()
    onActive()
  }

  function look(): void {
    const idle = Math.max(Date.now() - lastByClock, performance.now() - last)
    if (limit > 0 && idle >= limit) onIdle()
  }

  for (const sign of SIGNS) addEventListener(sign, onSign, { capture: true, passive: true })
  addEventListener('visibilitychange', look)
  setInterval(look, LOOK_EVERY_MS)
  return {
    set(minutes) {
      if (limit === 0) begin() // what went by before is nobody's absence: the chats were locked, and another page has unlocked them
      limit = minutes * 60_000
    },
    touch,
  }
}
