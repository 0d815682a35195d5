import { isRecord, shorten } from '../../core/check-data.ts'
import type { PlainMessage } from '../reply/conversation-for.ts'

/** What `prompt` and its kin take: a question, or messages. */
export type LanguageModelPrompt = string | readonly LanguageModelMessage[]

/** A message of a prompt. Its content is a text, or parts of which each is of type `text`. */
export interface LanguageModelMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string | readonly { readonly type: string; readonly value: unknown }[]
  /** Only of an assistant's message that stands last: the reply begins with it. */
  readonly prefix?: boolean
}

export interface ReadInput {
  readonly messages: readonly PlainMessage[]
  /** Whether the last message is the beginning of the reply. */
  readonly isPrefixed: boolean
}

/**
 * Reads an input. Messages of the system are allowed in `initialPrompts` alone, and there first.
 * @throws {TypeError} `DOMException` of the name `NotSupportedError`, `SyntaxError`: as the specification has it.
 */
export function readInput(input: unknown, place: 'initialPrompts' | 'prompt'): ReadInput {
  if (typeof input === 'string') return { messages: [{ role: 'user', text: input }], isPrefixed: false }
  if (!Array.isArray(input)) throw new TypeError(`A prompt is text or a list of messages, not ${shorten(input)}.`)
  let isPrefixed = false
  const messages = input.map((message: unknown, index): PlainMessage => {
    const { role = 'user', content, prefix = false } = isRecord(message) ? message : {}
    if (role !== 'system' && role !== 'user' && role !== 'assistant') {
      throw new TypeError(`The role of a message is ${shorten(role)}. It must be system, user or assistant.`)
    }
    if (role === 'system' && (place === 'prompt' || index > 0)) {
      throw new TypeError('A system prompt stands first among initialPrompts, and nowhere else.')
    }
    if (prefix === true) {
      if (role !== 'assistant' || index < input.length - 1 || place === 'initialPrompts') {
        throw new DOMException('Only the last message, of the assistant, can be a prefix.', 'SyntaxError')
      }
      isPrefixed = true
    }
    return { role, text: readContent(content) }
  })
  return { messages, isPrefixed }
}

function readContent(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content))
    throw new TypeError(`The content of a message is ${shorten(content)}. It must be text or a list.`)
  return content
    .map((part: unknown) => {
      const { type, value } = isRecord(part) ? part : {}
      if (type !== 'text') throw new DOMException(`The models read text, not ${shorten(type)}.`, 'NotSupportedError')
      if (typeof value !== 'string') throw new TypeError('The value of a text is no text.')
      return value
    })
    .join('')
}
