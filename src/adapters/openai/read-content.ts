import { isRecord, shorten } from '../../core/check-data.ts'
import { unsupported } from '../reply/unsupported.ts'
import { invalid } from './read-settings.ts'

/** Kinds of parts whose text is a message's text. */
const TEXT_PARTS: ReadonlySet<unknown> = new Set([
  'text',
  'input_text',
  'output_text',
  'reasoning_text',
  'summary_text',
])

/**
 * The text of a message, whose parts follow each other as they are.
 * @param where - Such as `messages[2].content`.
 * @throws {ReflectionError} `unsupported` for images, sounds and files; `request-invalid` for what is no content.
 */
export function readContent(content: unknown, where: string): string {
  if (content === undefined || content === null) return ''
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw invalid(`${where} is ${shorten(content)}. It must be text or a list of parts.`)
  return content
    .map((part: unknown) => {
      const { type, text, refusal } = isRecord(part) ? part : {}
      if (type === 'refusal' && typeof refusal === 'string') return refusal
      if (!TEXT_PARTS.has(type))
        throw unsupported(`A part of the type ${shorten(type)} in ${where}`, 'The models read text only.')
      if (typeof text !== 'string') throw invalid(`A part of ${where} has no text.`)
      return text
    })
    .join('')
}
