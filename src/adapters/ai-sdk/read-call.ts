import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import type { GenerateOptions, GenerateRequest } from '../../core/engine.ts'
import { conversationFor, type ConversationOptions } from '../reply/conversation-for.ts'
import { EFFORTS, optionsOfEffort, type Effort } from '../reply/thinking-effort.ts'
import { unsupported } from '../reply/unsupported.ts'
import { readPrompt } from './read-prompt.ts'

/** The name under which our options and marks stand in `providerOptions` and `providerMetadata`. */
export const PROVIDER = 'second-thought'

/** What the AI SDK's `providerOptions['second-thought']` can hold: what its own options do not know. They go before those. */
export interface SecondThoughtOptions {
  /** Most tokens of thinking. */
  readonly thinkBudget?: number
  readonly selfCheck?: GenerateOptions['selfCheck']
  readonly pastThinking?: GenerateOptions['pastThinking']
  /** The SDK's own option of that name, for version 6, which has none. */
  readonly reasoning?: Effort
}

/** A call as our engines are asked for it. */
export interface Order {
  readonly request: GenerateRequest
  readonly stop: readonly string[]
  /** What was asked for and cannot be had, but is no reason to refuse. */
  readonly warnings: SharedV4Warning[]
}

/** @throws {ReflectionError} `unsupported`, `request-invalid`. */
export function readCall(call: LanguageModelV4CallOptions, options: ConversationOptions): Order {
  if ((call.tools ?? []).length > 0 && call.toolChoice?.type !== 'none') {
    throw unsupported('The use of tools', 'Call the model without tools.')
  }
  const own = (call.providerOptions?.[PROVIDER] ?? {}) as SecondThoughtOptions
  const effort = EFFORTS.find((known) => known === (own.reasoning ?? call.reasoning))
  const { responseFormat } = call
  const schema = responseFormat?.type === 'json' ? (responseFormat.schema ?? { type: 'object' }) : undefined
  const wanted: { [Name in keyof GenerateOptions]: GenerateOptions[Name] | undefined } = {
    temperature: call.temperature,
    topP: call.topP,
    seed: call.seed,
    maxTokens: call.maxOutputTokens,
    ...(effort === undefined ? {} : optionsOfEffort(effort)),
    ...(own.thinkBudget === undefined ? {} : { thinkBudget: own.thinkBudget }),
    ...(own.selfCheck === undefined ? {} : { selfCheck: own.selfCheck }),
    pastThinking: own.pastThinking,
    outputSchema: schema as GenerateOptions['outputSchema'],
  }
  return {
    request: {
      messages: conversationFor(readPrompt(call.prompt), options),
      options: Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
    },
    stop: (call.stopSequences ?? []).filter((text) => text !== ''),
    warnings: warningsOf(call),
  }
}

function warningsOf({ topK, presencePenalty, frequencyPenalty }: LanguageModelV4CallOptions): SharedV4Warning[] {
  const asked = { topK, presencePenalty, frequencyPenalty }
  return Object.entries(asked)
    .filter(([, value]) => value !== undefined && value !== 0)
    .map(([feature]) => ({ type: 'unsupported', feature, details: 'The engine draws by temperature and topP alone.' }))
}
