import type { Conversation } from '../../core/chat/conversation.ts'
import { titleOf } from '../../core/chat/conversation.ts'
import { exportChats } from '../../core/chat/export-chats.ts'
import { chatToMarkdown } from '../../core/chat/export-markdown.ts'
import { fileDateOf, fileNameOf, saveFile } from '../parts/save-file.ts'
import type { Locale } from '../words/locales.ts'

/** One chat with all its branches. @param updatedAt - When it was last saved with something new in it, milliseconds since the epoch. */
export function saveChatAsJson(conversation: Conversation, updatedAt: number): void {
  const times = new Map([[conversation.id, updatedAt]])
  const data = exportChats([conversation], { exportedAt: Date.now(), updatedAt: times })
  saveFile(`${nameOf(conversation)}.json`, [JSON.stringify(data, null, 2)], 'application/json')
}

/** The shown branch of a chat, for people, with its thinking. */
export function saveChatAsMarkdown(conversation: Conversation, { words, format }: Locale): void {
  const { markdown } = words.transfer
  const text = chatToMarkdown(conversation, { withThinking: true, words: markdown, formatDate: format.dateTime })
  saveFile(`${nameOf(conversation)}.md`, [text], 'text/markdown')
}

function nameOf(conversation: Conversation): string {
  return fileNameOf(titleOf(conversation), `second-thought-chat-${fileDateOf(conversation.createdAt)}`)
}
