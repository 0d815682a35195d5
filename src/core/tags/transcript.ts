import { createReplyFold, type TagFlag } from '../reply/fold-reply.ts'
import { textsOf } from '../reply/reply-texts.ts'
import type { TagEvent } from './tag-event.ts'

/**
 * A stream as a whole. A segment is a run of text of one channel with no tag in it that begins or ends a block.
 * White space is ECMAScript's, as `String.prototype.trim` removes it.
 */
export interface TagSnapshot {
  /** The segments of thinking, trimmed, blank ones left out, joined by one line feed. */
  thinking: string
  /** The reflections that are not blank, in the order in which they opened, each made up like `thinking`. */
  reflections: string[]
  /** Text of output blocks and outside all blocks, made up like `thinking`. */
  output: string
  /** Without repetition, in the order in which they came up. */
  flags: TagFlag[]
}

/** Keeps the events of a stream and says what they amount to. */
export interface Transcript {
  add(event: TagEvent): void
  /** The same as adding a delta. */
  addText(id: string, delta: string): void
  /** Linear in the text so far. Covers what has been emitted, not what a parser still holds back. */
  snapshot(): TagSnapshot
}

/** A transcript of a stream that begins. */
export function createTranscript(): Transcript {
  const fold = createReplyFold()
  const raw: string[] = [] // in order; joined when someone asks, because a string that grows by tokens costs more than a list
  let tail = '' // text of the block `tailId` that neither fold nor list has: one long string instead of many short ones
  let tailId: string | undefined

  function add(event: TagEvent): void {
    if (event.type === 'reasoning-delta' || event.type === 'text-delta') {
      addText(event.id, event.delta)
      return
    }
    moveTail()
    tailId = undefined
    if (event.type === 'markup') raw.push(event.raw)
    fold.add(event)
  }

  function addText(id: string, delta: string): void {
    tailId ??= id
    tail += delta
    if (tail.length > 1000) moveTail()
  }

  function moveTail(): void {
    if (tail === '' || tailId === undefined) return
    tail.charCodeAt(0) // makes engines lay it out flat, so that its many small parts can go
    raw.push(tail)
    fold.addText(tailId, tail)
    tail = ''
  }

  function snapshot(): TagSnapshot {
    moveTail()
    return { ...textsOf({ text: raw.join(''), parts: fold.parts() }), flags: fold.flags() }
  }

  return { add, addText, snapshot }
}
