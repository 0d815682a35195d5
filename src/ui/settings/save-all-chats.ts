import { exportChats } from '../../core/chat/export-chats.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import { fileDateOf, saveFile } from '../parts/save-file.ts'

/**
 * All chats in one file, in the form of `exportChats`. Chats are written one by one, so that the page can do something else between two.
 * @throws {ReflectionError} What storage failed with; the file then has the chats that came before that, if there were any.
 */
export async function saveAllChats(library: Pick<ChatLibrary, 'all' | 'list'>): Promise<void> {
  const exportedAt = Date.now()
  const frame = JSON.stringify(exportChats([], { exportedAt }))
  const [head = '', foot = ''] = frame.split(/(?<="chats":\[)/)
  const parts: string[] = [head]
  const save = () =>
    saveFile(`second-thought-chats-${fileDateOf(exportedAt)}.json`, [...parts, foot], 'application/json')
  let updatedAt: ReadonlyMap<string, number> | undefined // once all is saved that can be
  try {
    for await (const conversation of library.all()) {
      updatedAt ??= new Map(library.list.get().chats.map((summary) => [summary.id, summary.updatedAt]))
      const [chat] = exportChats([conversation], { exportedAt, updatedAt }).chats
      parts.push(parts.length === 1 ? '\n' : ',\n', JSON.stringify(chat))
    }
  } catch (error) {
    if (parts.length > 1) save() // what could not be saved comes first, and is nowhere else
    throw error
  }
  save()
}
