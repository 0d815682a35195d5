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
  readStop,
  refuseForeign,
  withoutUndefined,
  type Fields,
} from './read-settings.ts'

/** A chat completion as our engines are asked for it. */
export interface ChatOrder {
  readonly request: GenerateRequest
  readonly stop: readonly string[]
  readonly includesUsage: boolean
}

/** @throws {ReflectionError} `request-invalid`, `unsupported`: the message names the field. */
export function readChatRequest(request: Fields, options: ConversationOptions): ChatOrder {
  refuseForeign(request, request['logprobs'] === true ? {} : { top_logprobs: [0] })
  const { messages, stream_options: streamOptions, response_format: format } = request
  if (!Array.isArray(messages)) throw invalid(`"messages" is ${shorten(messages)}. It must be a list.`)
  const maxTokens = readNumber(request, 'max_completion_tokens') ?? readNumber(request, 'max_tokens')
  const logprobs = request['logprobs'] === true ? (readNumber(request, 'top_logprobs') ?? 0) : undefined
  return {
    request: {
      messages: conversationFor(messages.map(readMessage), options),
      options: {
        ...readSampling(request, request['reasoning_effort'], maxTokens),
        ...withoutUndefined({ outputSchema: readFormat(format), logprobs }),
      },
    },
    stop: readStop(request['stop']),
    includesUsage: isRecord(streamOptions) && streamOptions['include_usage'] === true,
  }
}

function readMessage(message: unknown, index: number): PlainMessage {
  const where = `messages[${index}]`
  if (!isRecord(message)) throw invalid(`${where} is ${shorten(message)}. It must be a message.`)
  const text = readContent(message['content'], `${where}.content`)
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', text }
    case 'user':
      return { role: 'user', text }
    case 'assistant': {
      if (Array.isArray(message['tool_calls']) && message['tool_calls'].length > 0) {
        throw unsupported(`The call of a tool in ${where}`, 'Send the conversation without tools.')
      }
      const reasoning = message['reasoning_content'] ?? message['reasoning']
      return { role: 'assistant', text, ...(typeof reasoning === 'string' ? { reasoning } : {}) }
    }
    default:
      throw unsupported(`The role ${shorten(message['role'])} of ${where}`, 'Use system, developer, user or assistant.')
  }
}
