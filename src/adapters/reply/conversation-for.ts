import { REFLECTION_SYSTEM_PROMPT, systemPrompt } from '../../core/chat/system-prompt.ts'
import type { ChatMessage } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { resolveDialect, type DialectName, type TagDialect } from '../../core/tags/dialect.ts'

/** A message as other interfaces have it: plain text, and of a reply its reasoning apart, where they keep it. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
  readonly reasoning?: string
}

export interface ConversationOptions {
  /** The tags of the model that is loaded. Default: `reflection`. */
  readonly dialect?: DialectName | TagDialect
  /** Whether the instructions begin with the Reflection system prompt, which the models were trained with. Default: yes. */
  readonly reflect?: boolean
}

/**
 * The conversation that an engine takes. All instructions become the one system message; a reply at the end is one that goes on: its
 * answer is left open.
 * @throws {ReflectionError} `request-invalid` when there is nothing to reply to.
 */
export function conversationFor(messages: readonly PlainMessage[], options: ConversationOptions = {}): ChatMessage[] {
  const dialect = resolveDialect(options.dialect ?? 'reflection')
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
    return { role, content: replyText(text, reasoning, dialect, index === turns.length - 1) }
  })
  return system === undefined ? chat : [{ role: 'system', content: system }, ...chat]
}

/** A reply as the model would have written it. @param goesOn - Whether its answer is left open. */
export function replyText(
  text: string,
  reasoning: string | undefined,
  { thinking, output }: TagDialect,
  goesOn: boolean,
): string {
  const thought = reasoning === undefined || reasoning === '' ? '' : `<${thinking}>\n${reasoning}\n</${thinking}>\n`
  if (output === undefined) return thought === '' ? text : `${thought}\n${text}`
  return `${thought}<${output}>${text}${goesOn ? '' : `</${output}>`}`
}
