import type { Conversation } from '../../core/chat/conversation.ts'
import { titleOf } from '../../core/chat/conversation.ts'
import { exportChats } from '../../core/chat/export-chats.ts'
import { chatToMarkdown } from '../../core/chat/export-markdown.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import { fileDateOf, fileNameOf, saveFile } from './save-file.ts'
import type { Locale } from '../words/locales.ts'

/** One chat with all its branches. */
export function saveChatAsJson(conversation: Conversation): void {
  const data = exportChats([conversation], { exportedAt: Date.now() })
  saveFile(`${nameOf(conversation)}.json`, [JSON.stringify(data, null, 2)], 'application/json')
}

/** The shown branch of a chat, for people, with its thinking. */
export function saveChatAsMarkdown(conversation: Conversation, { words, format }: Locale): void {
  const { markdown } = words.transfer
  const text = chatToMarkdown(conversation, { withThinking: true, words: markdown, formatDate: format.dateTime })
  saveFile(`${nameOf(conversation)}.md`, [text], 'text/markdown')
}

/** All chats in one file, in the form of `exportChats`. Chats are written one by one, so that the page can do something else between two. */
export async function saveAllChats(library: Pick<ChatLibrary, 'all'>): Promise<void> {
  const exportedAt = Date.now()
  const frame = JSON.stringify(exportChats([], { exportedAt }))
  const [head = '', foot = ''] = frame.split(/(?<="chats":\[)/)
  const parts: string[] = [head]
  for await (const conversation of library.all()) {
    const [chat] = exportChats([conversation], { exportedAt }).chats
    parts.push(parts.length === 1 ? '\n' : ',\n', JSON.stringify(chat))
  }
  saveFile(`second-thought-chats-${fileDateOf(exportedAt)}.json`, [...parts, foot], 'application/json')
}

function nameOf(conversation: Conversation): string {
  return fileNameOf(titleOf(conversation), `second-thought-chat-${fileDateOf(conversation.createdAt)}`)
}
