import { NO_TOKENS } from '../channel-tokens.ts'
import type { ChannelTokens } from '../engine.ts'
import type { TagEvent } from '../tags/tag-event.ts'

type Channel = keyof ChannelTokens

/** Follows a reply's events and knows where its end stands and which channel each token went to. */
export interface ReplyPlace {
  add(event: TagEvent): void
  /** Books a token whose text has been parsed: to the channel its events were of, or later, with the next token that brings some. */
  book(): void
  /** Reasoning blocks that are open, outermost first; before the first event, the one that the prompt opened. */
  readonly open: readonly ('thinking' | 'reflection')[]
  /** Whether visible text, of the answer or outside all blocks, has begun. */
  readonly hasText: boolean
  /** Whether anything has been said at all. */
  readonly isEmpty: boolean
  readonly tokens: ChannelTokens
}

/** @param start `thinking` when the prompt holds the opening tag already. */
export function createReplyPlace(start: 'root' | 'thinking'): ReplyPlace {
  const open: { id: string; kind: 'thinking' | 'reflection' }[] = []
  const tokens: Record<Channel, number> = { ...NO_TOKENS }
  let channel: Channel | undefined // of the text that the current token brought
  let unbooked = 0 // tokens that may be parts of a tag
  let hasText = false
  let isEmpty = true

  return {
    get open() {
      return isEmpty && start === 'thinking' ? [start] : open.map(({ kind }) => kind)
    },
    get hasText() {
      return hasText
    },
    get isEmpty() {
      return isEmpty
    },
    tokens,
    add(event) {
      isEmpty = false
      switch (event.type) {
        case 'reasoning-start':
          open.push({ id: event.id, kind: event.kind })
          break
        case 'reasoning-end':
          open.splice(
            open.findIndex(({ id }) => id === event.id),
            1,
          )
          break
        case 'reasoning-delta':
          channel = open.find(({ id }) => id === event.id)?.kind ?? 'thinking'
          break
        case 'text-delta':
          if (event.delta.trim() !== '') hasText = true
          channel = 'output'
          break
        case 'markup':
          channel = 'markup'
          break
        case 'text-start':
          if (event.section === 'output') hasText = true
          break
        case 'text-end':
        case 'reclassify':
        case 'finish':
          break
      }
    },
    book() {
      unbooked += 1
      if (channel === undefined) return
      tokens[channel] += unbooked
      unbooked = 0
      channel = undefined
    },
  }
}
