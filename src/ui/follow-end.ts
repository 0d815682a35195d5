/** How near to the end of the page counts as being there, CSS pixels. */
const NEAR = 48

export interface EndFollower {
  /** Call after the page has grown: goes along if the reader was at its end. */
  follow(): void
  /** Goes to the end and follows it from now on. */
  toEnd(): void
}

/** Keeps the end of the page in sight as long as the reader is there, and lets go as soon as they scroll away. */
export function followEnd(signal: AbortSignal): EndFollower {
  const page = document.documentElement
  const isAtEnd = () => page.scrollHeight - page.clientHeight - window.scrollY < NEAR
  let isFollowing = true
  let lastTop = window.scrollY
  const onScroll = () => {
    // Growing content moves the end away without a scroll upwards; only the reader does that.
    if (isAtEnd()) isFollowing = true
    else if (window.scrollY < lastTop) isFollowing = false
    lastTop = window.scrollY
  }
  window.addEventListener('scroll', onScroll, { signal, passive: true })

  const toEnd = () => {
    isFollowing = true
    window.scrollTo({ top: page.scrollHeight, behavior: 'instant' })
  }
  return {
    follow() {
      if (isFollowing && !isAtEndExactly(page)) toEnd()
    },
    toEnd,
  }
}

function isAtEndExactly(page: HTMLElement): boolean {
  return page.scrollHeight - page.clientHeight - window.scrollY < 1
}
