/** What a stretch of reasoning is for: working towards the answer, or checking that work. */
export type ReasoningKind = 'thinking' | 'reflection'

/** Where visible text stands: in an answer block, or outside all blocks. */
export type TextSection = 'output' | 'outside'

/** Why a reasoning block ended: by its own closing tag, because another tag implied it, or with the stream. */
export type EndCause = 'tag' | 'implicit' | 'finish'

/** Why the stream ended: the model was done, hit its token limit, or was stopped by the caller. */
export type FinishReason = 'stop' | 'length' | 'abort'

/**
 * One event of the tag parser. Names follow the AI SDK's stream parts.
 *
 * - Every start has exactly one end; reasoning blocks nest, text blocks do not.
 * - `start` and `end` are offsets into the whole raw input, in UTF-16 code units, `end` exclusive. The raw pieces
 *   (`delta` and `raw`) of all events follow each other without gap or overlap and join to exactly the input.
 */
export type TagEvent =
  | {
      type: 'reasoning-start'
      id: string
      kind: ReasoningKind
      /** The block this one stands in; absent at root. */
      parentId?: string
      /** True when the block began with the stream (`start: 'thinking'`), without an opening tag. */
      implicit?: true
    }
  | { type: 'reasoning-delta'; id: string; delta: string; start: number; end: number }
  | { type: 'reasoning-end'; id: string; cause: EndCause }
  | { type: 'text-start'; id: string; section: TextSection }
  | { type: 'text-delta'; id: string; section: TextSection; delta: string; start: number; end: number }
  | { type: 'text-end'; id: string; section: TextSection }
  | {
      type: 'markup'
      /** Opens or closes a block, or is noise that is shown nowhere (`absorbed`). */
      role: 'open' | 'close' | 'absorbed'
      raw: string
      start: number
      end: number
      /** The block it opens, closes or, absorbed, stands in; absent where there is none. */
      id?: string
    }
  | {
      type: 'reclassify'
      /**
       * Ended blocks, in opening order, that turned out to be something else. Their text now belongs to `to`, and the
       * markup that carries one of these ids turned out to be a mention: it is text of `to` as well.
       */
      ids: string[]
      to: 'thinking' | 'output'
    }
  | {
      type: 'finish'
      reason: FinishReason
      /** Blocks that the end of the stream closed, in opening order. */
      unclosed: string[]
    }

/** A piece of text, of reasoning or visible. */
export type DeltaEvent = Extract<TagEvent, { delta: string }>

/** Receives each event as it is known. What it throws passes through `push` and `finish`. */
export type TagSink = (event: TagEvent) => void
