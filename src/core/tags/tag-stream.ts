import { createTagParser, type TagParserOptions } from './create-tag-parser.ts'
import type { FinishReason, TagEvent } from './tag-event.ts'

/**
 * The tag parser as a `TransformStream`. Nothing is kept beside what the streams' own queues hold.
 * @param finishReason - Asked once when the input ends, because only then it is known. Default: `stop`.
 * @throws {TypeError} When an option is wrong.
 */
export function createTagStream(
  options: Omit<TagParserOptions, 'keep'> = {},
  finishReason: () => FinishReason = () => 'stop',
): TransformStream<string, TagEvent> {
  let controller: TransformStreamDefaultController<TagEvent>
  const parser = createTagParser({ ...options, keep: false }, (event) => controller.enqueue(event))
  return new TransformStream<string, TagEvent>({
    start: (given) => void (controller = given),
    transform: (chunk) => parser.push(chunk),
    flush: () => parser.finish(finishReason()),
  })
}
