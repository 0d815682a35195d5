import type { ConversationNode } from '../../core/chat/conversation.ts'
import { followEnd } from './follow-end.ts'

/** Messages that are shown when a chat is opened, and those that each look further back adds: few enough for one frame. */
const FIRST_SHOWN = 30
const MORE_SHOWN = 12

/** Which messages of a chat are in the page, and what of them is in sight. */
export interface MessageList {
  /** Another chat is shown from now on. */
  begin(): void
  /** The place from which on the messages of a branch are drawn. @param needed - Ids of messages that must be among them. */
  firstDrawn(path: readonly ConversationNode[], needed: readonly (string | undefined)[]): number
  /** How many of the hidden messages a look further back adds. */
  countOfNext(hidden: number): number
  /** Looks further back; what is in sight stays there. */
  showEarlier(): void
  /** Goes to the end and stays there as it grows. */
  toEnd(): void
  /** To be called after each rendering. @param followsEnd - False while nothing may move, as the user looks or writes further up. */
  afterRender(options: { readonly followsEnd: boolean }): void
  /** Whether a message is in the page. */
  has(messageId: string): boolean
  /** Brings a message into sight, and no longer follows the end. */
  reveal(messageId: string): void
}

/** @param redraw - Draws the chat in the next frame. */
export function createMessageList(
  root: HTMLElement,
  redraw: () => void,
  { signal }: { readonly signal: AbortSignal },
): MessageList {
  const follower = followEnd(signal)
  let shown = FIRST_SHOWN // messages, from the end of the chat
  let total = 0

  const earlier = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) showEarlier()
    },
    { rootMargin: '600px 0px 0px' },
  )
  signal.addEventListener('abort', () => earlier.disconnect())

  function showEarlier(): void {
    if (shown >= total) return
    shown = Math.min(total, shown + MORE_SHOWN)
    follower.keepPlace(redraw)
  }

  function elementOf(messageId: string): HTMLElement | null {
    return root.querySelector(`[data-node="${CSS.escape(messageId)}"]`)
  }

  return {
    begin() {
      shown = FIRST_SHOWN
      follower.followFromNow()
    },
    firstDrawn(path, needed) {
      total = path.length
      for (const [place, { id }] of path.entries()) if (needed.includes(id)) shown = Math.max(shown, total - place + 1)
      return Math.max(0, total - shown)
    },
    countOfNext: (hidden) => Math.min(hidden, MORE_SHOWN),
    showEarlier,
    toEnd: () => follower.toEnd(),
    afterRender({ followsEnd }) {
      earlier.disconnect()
      const button = root.querySelector('.earlier')
      if (button !== null) earlier.observe(button)
      if (total > 0 && followsEnd) follower.follow()
    },
    has: (messageId) => elementOf(messageId) !== null,
    reveal(messageId) {
      const element = elementOf(messageId)
      if (element !== null) follower.toPlace(element)
    },
  }
}
