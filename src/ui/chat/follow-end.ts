import type { Scroller } from '../parts/scroller.ts'

/** How near to the end of the page counts as being there, CSS pixels. */
const NEAR = 48

export interface EndFollower {
  /** Call after the page has grown: goes along if the reader was at its end. */
  follow(): void
  /** Goes to the end and follows it from now on. */
  toEnd(): void
  /** Follows the end from the next `follow` on: something else is shown now. */
  followFromNow(): void
  /** How far the end of the page is below what is in sight, CSS pixels. */
  distance(): number
  /** Stays where it is from now on. */
  letGo(): void
  /** Brings an element into sight and lets go of the end. */
  toPlace(element: Element): void
  /** Calls `grow`, which lets the page grow above what is in sight in the next frame, and keeps that in sight. */
  keepPlace(grow: () => void): void
}

/** Keeps the end of the page in sight as long as the reader is there, and lets go as soon as they scroll away. */
export function followEnd(scroller: Scroller, signal: AbortSignal): EndFollower {
  const below = () => scroller.fullHeight() - scroller.height() - scroller.top()
  let isFollowing = true
  let held: Element | undefined // what was gone to stays in sight, though all around it may grow, until the reader moves on
  let heldAt = 0 // the height of all when it was shown last
  let lastTop = scroller.top()
  const letGo = () => (held = undefined)
  const onScroll = () => {
    // Without a key or a pointer, as with a screen reader; what grows may scroll the page too.
    if (Math.abs(scroller.top() - lastTop) > 1 && scroller.fullHeight() === heldAt) letGo()
    // Growing content moves the end away without a scroll upwards; only the reader does that.
    if (below() < NEAR) isFollowing = held === undefined
    else if (scroller.top() < lastTop) isFollowing = false
    lastTop = scroller.top()
  }
  scroller.events.addEventListener('scroll', onScroll, { signal, passive: true })
  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    scroller.events.addEventListener(type, letGo, { signal, passive: true })
  }

  const show = (element: Element) => {
    scroller.show(element)
    lastTop = scroller.top()
    heldAt = scroller.fullHeight()
  }
  const toEnd = () => {
    letGo()
    isFollowing = true
    scroller.scrollTo(scroller.fullHeight())
  }
  return {
    follow() {
      if (held !== undefined) show(held)
      else if (isFollowing && below() >= 1) toEnd()
    },
    toEnd,
    distance: below,
    letGo() {
      letGo()
      isFollowing = false
    },
    followFromNow() {
      letGo()
      isFollowing = true
    },
    toPlace(element) {
      isFollowing = false
      held = element
      show(element)
    },
    keepPlace(grow) {
      const fromEnd = below()
      const height = scroller.height()
      grow()
      // Browsers that anchor the scroll position have nothing left to do here; Safari does not anchor it. Of a window that became higher or
      // lower meanwhile, as when a keyboard opens, the end is elsewhere.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (scroller.height() === height) moveBy(scroller, below() - fromEnd)
        }),
      )
    },
  }
}

function moveBy(scroller: Scroller, pixels: number): void {
  if (Math.abs(pixels) >= 1) scroller.scrollTo(scroller.top() + pixels)
}
