import { exportChats } from '../../core/chat/export-chats.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import { fileDateOf, saveFile } from '../parts/save-file.ts'

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
