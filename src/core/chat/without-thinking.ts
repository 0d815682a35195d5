import type { ChatMessage } from '../engine.ts'
import type { TagDialect } from '../tags/dialect.ts'
import { readTagged } from '../tags/read-tagged.ts'

/** The messages with their replies cut down to the answer, in the answer's own tags; a reply to be continued stays whole. */
export function withoutThinking(
  messages: readonly ChatMessage[],
  dialect: TagDialect,
  start: 'root' | 'thinking',
): ChatMessage[] {
  return messages.map((message, index) => {
    if (message.role !== 'assistant' || index === messages.length - 1) return message
    const { output } = readTagged([message.content], { dialect, start })
    const { output: tag } = dialect
    return { role: 'assistant', content: tag === undefined ? output : `<${tag}>${output}</${tag}>` }
  })
}
