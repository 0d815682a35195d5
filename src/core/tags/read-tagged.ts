import { createTagParser, type TagParserOptions } from './create-tag-parser.ts'
import type { FinishReason, TagEvent } from './tag-event.ts'
import type { TagSnapshot } from './transcript.ts'

/** How a whole text is read. */
export interface ReadTaggedOptions extends Omit<TagParserOptions, 'keep'> {
  /** Why the stream ended. Default: `stop`. */
  readonly finish?: FinishReason
}

/** A whole stream, and the events that led to it. */
export interface TaggedText extends TagSnapshot {
  events: TagEvent[]
}

/**
 * Reads a stream that is already there, in pieces or as one.
 * @param chunks - The pieces in order; a string by itself is read character by character, as any iterable.
 * @throws {TypeError} When an option is wrong.
 */
export function readTagged(chunks: Iterable<string>, options: ReadTaggedOptions = {}): TaggedText {
  const events: TagEvent[] = []
  const parser = createTagParser(options, (event) => events.push(event))
  for (const chunk of chunks) parser.push(chunk)
  parser.finish(options.finish)
  return { ...parser.snapshot(), events }
}
