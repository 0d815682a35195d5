import type { ReplyGrammar } from '../../core/chat/conversation.ts'
import { replyStart } from '../../core/chat/render-prompt.ts'
import { REFLECTION_SYSTEM_PROMPT, systemPrompt } from '../../core/chat/system-prompt.ts'
import type { ChatMessage, Engine } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { resolveDialect, type DialectName, type TagDialect } from '../../core/tags/dialect.ts'

/** A message as other interfaces have it: plain text, and of a reply its reasoning apart, where they keep it. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
  readonly reasoning?: string
}

export interface ConversationOptions {
  /** The tags of the model that is loaded. Default: what the engine tells of it, else `reflection`. */
  readonly dialect?: DialectName | TagDialect
  /** `thinking` for a model whose prompt opens the thinking, as DeepSeek-R1's. Default: what the engine tells of it, else `root`. */
  readonly start?: 'root' | 'thinking'
  /** Whether the instructions begin with the Reflection system prompt, which the models were trained with. Default: yes. */
  readonly reflect?: boolean
}

/** The options, with what the engine tells of its model where they say nothing. @throws What `Engine.describe` throws. */
export async function optionsFor<Options extends ConversationOptions>(
  engine: Engine,
  options: Options,
  signal?: AbortSignal | null,
): Promise<Options> {
  if (options.dialect !== undefined && options.start !== undefined) return options
  const model = await engine.describe?.(signal ?? undefined)
  if (model === undefined) return options
  return { ...options, dialect: options.dialect ?? model.dialect, start: options.start ?? replyStart(model) }
}

/**
 * The conversation that an engine takes. All instructions become the one system message; a reply at the end is one that goes on: its
 * answer is left open.
 * @throws {ReflectionError} `request-invalid` when there is nothing to reply to.
 */
export function conversationFor(messages: readonly PlainMessage[], options: ConversationOptions = {}): ChatMessage[] {
  const grammar = { dialect: resolveDialect(options.dialect ?? 'reflection'), start: options.start ?? 'root' }
  const custom = messages
    .filter(({ role }) => role === 'system')
    .map(({ text }) =>
      (text.startsWith(REFLECTION_SYSTEM_PROMPT) ? text.slice(REFLECTION_SYSTEM_PROMPT.length) : text).trim(),
    )
    .filter((text) => text !== '')
    .join('\n\n')
  const system = systemPrompt({ reflect: options.reflect ?? true, custom })
  const turns = messages.filter(({ role }) => role !== 'system')
  if (turns.length === 0) {
    throw new ReflectionError('request-invalid', 'There is nothing to reply to. Send a message of the user.')
  }
  const chat = turns.map(({ role, text, reasoning }, index): ChatMessage => {
    if (role !== 'assistant') return { role: 'user', content: text }
    return { role, content: replyText(text, reasoning, grammar, index === turns.length - 1) }
  })
  return system === undefined ? chat : [{ role: 'system', content: system }, ...chat]
}

/**
 * A reply as the model would have written it: where the prompt opens the thinking, it is closed in any case, and never opened.
 * @param goesOn - Whether its answer is left open.
 */
export function replyText(
  text: string,
  reasoning: string | undefined,
  { dialect: { thinking, output }, start }: ReplyGrammar,
  goesOn: boolean,
): string {
  const opening = start === 'thinking' ? '' : `<${thinking}>\n`
  const thought = start === 'root' && (reasoning ?? '') === '' ? '' : `${opening}${reasoning ?? ''}\n</${thinking}>\n`
  if (output === undefined) return thought === '' ? text : `${thought}\n${text}`
  return `${thought}<${output}>${text}${goesOn ? '' : `</${output}>`}`
}
