/** What scrolls a chat: the page, or a box in it. Lengths in CSS pixels. */
export interface Scroller {
  /** What of it is above what is in sight. */
  top(): number
  /** What can be seen of it at once. */
  height(): number
  /** All of it. */
  fullHeight(): number
  scrollTo(top: number): void
  /** Brings an element into the middle of what is in sight. */
  show(element: Element): void
  /** Tells of every scrolling; where to listen. */
  readonly events: EventTarget
  /** What an intersection is measured against; null for the window. */
  readonly box: Element | null
}

export function pageScroller(): Scroller {
  const page = document.documentElement
  return {
    top: () => window.scrollY,
    height: () => page.clientHeight,
    fullHeight: () => page.scrollHeight,
    scrollTo: (top) => window.scrollTo({ top, behavior: 'instant' }),
    show: (element) => element.scrollIntoView({ block: 'center', behavior: 'instant' }),
    events: window,
    box: null,
  }
}

/** A box that scrolls by itself; the page around it stays where it is. */
export function boxScroller(box: HTMLElement): Scroller {
  return {
    top: () => box.scrollTop,
    height: () => box.clientHeight,
    fullHeight: () => box.scrollHeight,
    scrollTo: (top) => box.scrollTo({ top, behavior: 'instant' }),
    show(element) {
      const { top, height } = element.getBoundingClientRect()
      const middle = box.getBoundingClientRect().top + box.clientHeight / 2
      box.scrollTo({ top: box.scrollTop + top + height / 2 - middle, behavior: 'instant' })
    },
    events: box,
    box,
  }
}
