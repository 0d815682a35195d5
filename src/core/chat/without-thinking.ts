import type { ChatMessage } from '../engine.ts'
import type { TagDialect } from '../tags/dialect.ts'
import { readTagged } from '../tags/read-tagged.ts'

/**
 * The messages with their replies cut down to the answer, in the answer's own tags; a reply to be continued stays whole.
 * @param start `thinking` when the prompt opens the thinking of each reply: it is then closed before the answer.
 */
export function withoutThinking(
  messages: readonly ChatMessage[],
  dialect: TagDialect,
  start: 'root' | 'thinking',
): ChatMessage[] {
  const { thinking, output: tag } = dialect
  const closing = start === 'thinking' ? `\n</${thinking}>\n\n` : ''
  return messages.map((message, index) => {
    if (message.role !== 'assistant' || index === messages.length - 1) return message
    const { output } = readTagged([message.content], { dialect, start })
    return { role: 'assistant', content: closing + (tag === undefined ? output : `<${tag}>${output}</${tag}>`) }
  })
}
