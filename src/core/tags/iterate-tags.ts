import { createTagParser, type TagParserOptions } from './create-tag-parser.ts'
import type { FinishReason, TagEvent } from './tag-event.ts'

/**
 * The tag parser as an async generator: pulls a chunk, yields its events, pulls the next.
 * An error of the source passes through; what was held back is then lost with it. Leaving the loop closes the source.
 * @param finishReason - Asked once when the input ends, because only then it is known. Default: `stop`.
 * @throws {TypeError} When an option is wrong, at the first pull.
 */
export async function* iterateTags(
  chunks: AsyncIterable<string> | Iterable<string>,
  options: Omit<TagParserOptions, 'keep'> = {},
  finishReason: () => FinishReason = () => 'stop',
): AsyncGenerator<TagEvent, void, undefined> {
  let events: TagEvent[] = []
  const parser = createTagParser({ ...options, keep: false }, (event) => events.push(event))
  for await (const chunk of chunks) {
    parser.push(chunk)
    yield* events
    events = []
  }
  parser.finish(finishReason())
  yield* events
}
