import { createConversation } from '../core/chat/conversation.ts'
import { importChats, type SkippedData } from '../core/chat/import-chats.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ChatLibrary } from './chat-library.ts'

/** How the import of a file went. */
export type FileImport = { readonly name: string } & (
  | { readonly status: 'done'; readonly count: number; readonly skipped: readonly SkippedData[] }
  | { readonly status: 'too-large'; readonly bytes: number; readonly limitBytes: number }
  /** The browser cannot read the file; a folder, for example. */
  | { readonly status: 'unreadable' }
  | { readonly status: 'failed'; readonly error: ReflectionError }
)

/** Size of the largest file that is read, bytes. */
export const LARGEST_IMPORT_BYTES = 50_000_000

/** Stores the chats of a file. Never rejects. */
export async function importFile(file: File, library: Pick<ChatLibrary, 'list' | 'add'>): Promise<FileImport> {
  const { name, size } = file
  if (size > LARGEST_IMPORT_BYTES) return { name, status: 'too-large', bytes: size, limitBytes: LARGEST_IMPORT_BYTES }
  let text: string
  try {
    text = await file.text()
  } catch {
    return { name, status: 'unreadable' }
  }
  try {
    const known = new Set(library.list.get().chats.map(({ id }) => id))
    const isKnown = (id: string) => known.has(id)
    // Ids are made as those of new chats are.
    const { conversations, skipped } = importChats(text, {
      now: Date.now(),
      newId: () => createConversation().id,
      isKnown,
    })
    await library.add(conversations)
    return { name, status: 'done', count: conversations.length, skipped }
  } catch (error) {
    return { name, status: 'failed', error: ReflectionError.from(error) }
  }
}
