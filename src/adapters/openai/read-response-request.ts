import { isRecord, shorten } from '../../core/check-data.ts'
import type { GenerateRequest } from '../../core/engine.ts'
import { conversationFor, type ConversationOptions, type PlainMessage } from '../reply/conversation-for.ts'
import { unsupported } from '../reply/unsupported.ts'
import { readContent } from './read-content.ts'
import {
  invalid,
  readFormat,
  readNumber,
  readSampling,
  refuseForeign,
  withoutUndefined,
  type Fields,
} from './read-settings.ts'

/** @throws {ReflectionError} `request-invalid`, `unsupported`: the message names the field. */
export function readResponseRequest(fields: Fields, options: ConversationOptions): GenerateRequest {
  refuseForeign(fields, { stop: [], top_logprobs: [0] })
  const { input, instructions, reasoning, text } = fields
  const effort = isRecord(reasoning) ? reasoning['effort'] : undefined
  const system: PlainMessage[] = typeof instructions === 'string' ? [{ role: 'system', text: instructions }] : []
  return {
    messages: conversationFor([...system, ...readInput(input)], options),
    options: {
      ...readSampling(fields, effort, readNumber(fields, 'max_output_tokens')),
      ...withoutUndefined({ outputSchema: readFormat(isRecord(text) ? text['format'] : undefined) }),
    },
  }
}

function readInput(input: unknown): PlainMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input }]
  if (!Array.isArray(input)) throw invalid(`"input" is ${shorten(input)}. It must be text or a list of items.`)
  const messages: PlainMessage[] = []
  let reasoning: string[] = [] // of the message that follows
  for (const [index, item] of input.entries()) {
    const where = `input[${index}]`
    if (!isRecord(item)) throw invalid(`${where} is ${shorten(item)}. It must be an item.`)
    const { type = 'message', role, content } = item
    if (type === 'reasoning') {
      if (Array.isArray(content))
        reasoning.push(...content.map((part: unknown) => readContent([part], `${where}.content`)))
      continue
    }
    if (type !== 'message') throw unsupported(`The type ${shorten(type)} of ${where}`, 'Send messages and reasoning.')
    const text = readContent(content, `${where}.content`)
    if (role === 'system' || role === 'developer') messages.push({ role: 'system', text })
    else if (role === 'user') messages.push({ role, text })
    else if (role === 'assistant') {
      messages.push({ role, text, ...(reasoning.length > 0 ? { reasoning: reasoning.join('\n') } : {}) })
    } else throw unsupported(`The role ${shorten(role)} of ${where}`, 'Use system, developer, user or assistant.')
    reasoning = []
  }
  return messages
}
