import type { ConversationNode } from '../../core/chat/conversation.ts'
import type { Scroller } from '../parts/scroller.ts'
import { followEnd } from './follow-end.ts'

/** Messages that are shown when a chat is opened, and those that each look further back or on adds: few enough for one frame. */
const FIRST_SHOWN = 30
const MORE_SHOWN = 12

/** Which messages of a branch are drawn: places from `from` on, up to but not including `to`. */
export interface DrawnRange {
  readonly from: number
  readonly to: number
}

/** Where a chat can be gone to at once; absent where one is there, or it is not far. */
export interface Jumps {
  readonly toStart: boolean
  readonly toEnd: boolean
}

/** Which messages of a chat are in the page, and what of them is in sight. */
export interface MessageList {
  /** Another chat is shown from now on. */
  begin(): void
  /**
   * What of a branch is drawn.
   * @param wanted - Id of a message to go to: where it is far away, it and those around it are drawn in place of what was.
   * @param kept - Id of a message that must be drawn as well.
   */
  drawn(path: readonly ConversationNode[], wanted: string | undefined, kept: string | undefined): DrawnRange
  /** How many of the messages that are not drawn a look further back or on adds. */
  countOfNext(hidden: number): number
  /** Looks further back; what is in sight stays there. */
  showEarlier(): void
  showLater(): void
  jumps(): Jumps
  /** Goes to the first message. */
  toStart(): void
  /** Goes to the end and stays there as it grows. */
  toEnd(): void
  /** To be called after each rendering. @param followsEnd - Gives false while nothing may move, as the user looks or writes further up. */
  afterRender(options: { readonly followsEnd: () => boolean }): void
  /** Whether a message is in the page. */
  has(messageId: string): boolean
  /** Brings a message into sight, and no longer follows the end. */
  reveal(messageId: string): void
}

/** @param redraw - Draws the chat in the next frame, or at once. */
export function createMessageList(
  root: HTMLElement,
  redraw: { readonly soon: () => void; readonly now: () => void },
  { scroller, signal }: { readonly scroller: Scroller; readonly signal: AbortSignal },
): MessageList {
  const follower = followEnd(scroller, signal)
  let shown = FIRST_SHOWN // messages, back from `end`
  let end: number | undefined // the place up to which they are drawn; absent for all that come, as a rule
  let total = 0
  let isPrinting = false
  let goesToStart = false // with the next rendering
  let followsEnd = () => true // as the last rendering said
  let lastJumps: Jumps = { toStart: false, toEnd: false }

  const ends = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) (target.matches('.later') ? showLater : showEarlier)()
      }
    },
    { root: scroller.box, rootMargin: '600px 0px' },
  )
  // Formulae and code change their height after they were drawn.
  const answers = new ResizeObserver(goAlong)
  signal.addEventListener('abort', () => {
    ends.disconnect()
    answers.disconnect()
  })
  scroller.events.addEventListener('scroll', onScroll, { signal, passive: true })
  window.addEventListener('resize', onScroll, { signal })
  window.addEventListener('beforeprint', () => print(true), { signal })
  window.addEventListener('afterprint', () => print(false), { signal })

  /** On paper there is nothing to look further back with. */
  function print(is: boolean): void {
    isPrinting = is
    redraw.now()
  }

  function onScroll(): void {
    const { toStart, toEnd } = jumps()
    if (toStart !== lastJumps.toStart || toEnd !== lastJumps.toEnd) redraw.soon()
  }

  function goAlong(): void {
    if (total > 0 && end === undefined && followsEnd()) follower.follow()
  }

  function first(): number {
    return Math.max(0, (end ?? total) - shown)
  }

  function showEarlier(): void {
    if (first() === 0) return
    shown += Math.min(first(), MORE_SHOWN)
    follower.keepPlace(redraw.soon)
  }

  function showLater(): void {
    if (end === undefined) return
    const more = Math.min(total - end, MORE_SHOWN)
    end += more
    shown += more
    redraw.soon()
  }

  function showAround(place: number): void {
    end = Math.min(total, place + FIRST_SHOWN / 2)
    shown = FIRST_SHOWN
  }

  function jumps(): Jumps {
    const isLong = total > FIRST_SHOWN
    return {
      toStart: isLong && (first() > 0 || scroller.top() > scroller.height()),
      toEnd: total > 0 && (end !== undefined || follower.distance() > scroller.height() / 2),
    }
  }

  function elementOf(messageId: string): HTMLElement | null {
    return root.querySelector(`[data-node="${CSS.escape(messageId)}"]`)
  }

  return {
    begin() {
      shown = FIRST_SHOWN
      end = undefined
      follower.followFromNow()
    },
    drawn(path, wanted, kept) {
      total = path.length
      if (end !== undefined && end >= total) end = undefined
      const place = wanted === undefined ? -1 : path.findIndex(({ id }) => id === wanted)
      if (place >= 0 && (place < first() || place >= (end ?? total))) showAround(place)
      const keptPlace = kept === undefined ? -1 : path.findIndex(({ id }) => id === kept)
      if (keptPlace >= (end ?? total)) {
        shown += total - (end ?? total)
        end = undefined
      } else if (keptPlace >= 0 && keptPlace <= first()) shown = (end ?? total) - keptPlace + 1
      return isPrinting ? { from: 0, to: total } : { from: first(), to: end ?? total }
    },
    countOfNext: (hidden) => Math.min(hidden, MORE_SHOWN),
    showEarlier,
    showLater,
    jumps: () => (lastJumps = jumps()),
    toStart() {
      end = Math.min(total, FIRST_SHOWN)
      shown = FIRST_SHOWN
      goesToStart = true
      follower.letGo()
      redraw.soon()
    },
    toEnd() {
      if (end !== undefined) shown = FIRST_SHOWN
      end = undefined
      follower.toEnd()
      redraw.soon()
    },
    afterRender(options) {
      followsEnd = options.followsEnd
      ends.disconnect()
      answers.disconnect()
      for (const answer of root.querySelectorAll('.last .answer')) answers.observe(answer)
      for (const button of root.querySelectorAll('.earlier, .later')) ends.observe(button)
      if (goesToStart) {
        goesToStart = false
        scroller.scrollTo(0)
      } else goAlong()
    },
    has: (messageId) => elementOf(messageId) !== null,
    reveal(messageId) {
      const element = elementOf(messageId)
      if (element !== null) follower.toPlace(element)
    },
  }
}
