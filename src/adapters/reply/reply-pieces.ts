import type { RunEvent } from '../../core/engine.ts'
import type { ReplyPart } from '../../core/reply/fold-reply.ts'

/** What a piece of a reply is: thinking, a check of it, or the answer. */
export type Channel = ReplyPart['channel']

/**
 * A reply as flat parts, which is how other interfaces know it: each is text of one channel, begins and ends once, does not overlap
 * another, is never blank and has no white space around it; only an answer that goes on begins as the model wrote it. They are the parts
 * that a page shows (`core/reply/fold-reply.ts`).
 */
export type ReplyPiece =
  | { readonly type: 'part-start'; readonly id: string; readonly channel: Channel }
  | { readonly type: 'part-delta'; readonly id: string; readonly channel: Channel; readonly delta: string }
  | { readonly type: 'part-end'; readonly id: string; readonly channel: Channel }

/** Takes the events of a run and tells the pieces of its reply. */
export interface ReplyPieces {
  add(event: RunEvent): void
  /** Ends the part that is open. */
  end(): void
}

/**
 * Creates a reader of a run's events. What was told cannot be taken back, so text that turns out later to be of another channel
 * (`reclassify`: a model that closes a thinking it never opened) stays where it was told; whoever needs it exactly reads the whole reply.
 * @param goesOn - Whether the run goes on with an answer that is there already: the white space before its text belongs to it then.
 */
export function createReplyPieces(tell: (piece: ReplyPiece) => void, goesOn = false): ReplyPieces {
  const channels = new Map<string, Channel>() // of the blocks
  let part: { readonly id: string; readonly channel: Channel; readonly block: string } | undefined
  let held = '' // white space that is told when more text follows
  let parts = 0
  let joins = goesOn // nothing stands between what was there already and the next text

  function addText(block: string, delta: string): void {
    const channel = channels.get(block) ?? 'output'
    if (part !== undefined && !belongs(channel, block)) end()
    joins &&= channel === 'output'
    const keepsSpace = part !== undefined || joins
    if (delta.trim() === '') {
      if (keepsSpace) held += delta
      return
    }
    const text = keepsSpace ? held + delta : delta.trimStart()
    joins = false
    const said = text.trimEnd()
    held = text.slice(said.length)
    if (part === undefined) {
      part = { id: `part-${parts++}`, channel, block }
      tell({ type: 'part-start', id: part.id, channel })
    }
    tell({ type: 'part-delta', id: part.id, channel, delta: said })
  }

  function belongs(channel: Channel, block: string): boolean {
    return part?.channel === channel && (channel !== 'reflection' || part.block === block)
  }

  function end(): void {
    held = ''
    joins = false
    if (part === undefined) return
    const { id, channel } = part
    part = undefined
    tell({ type: 'part-end', id, channel })
  }

  return {
    add(event) {
      switch (event.type) {
        case 'reasoning-start':
          channels.set(event.id, event.kind)
          break
        case 'reasoning-delta':
        case 'text-delta':
          addText(event.id, event.delta)
          break
        case 'markup':
        case 'finish':
          end()
          break
        default:
          break
      }
    },
    end,
  }
}
