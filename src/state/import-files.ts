import type { SkippedData } from '../core/chat/import-chats.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ImportAnswer, ImportQuestion } from './chat-import-messages.ts'
import type { ChatLibrary } from './chat-library.ts'

/** How the import of a file went. */
export type FileImport = {
  readonly name: string
  /** The first chat of it that was stored; absent where none was. */
  readonly firstId?: string | undefined
} & (
  | { readonly status: 'done'; readonly count: number; readonly skipped: readonly SkippedData[] }
  /** The user ended it; what was stored by then stays. */
  | { readonly status: 'stopped'; readonly count: number }
  | { readonly status: 'too-large'; readonly bytes: number; readonly limitBytes: number }
  /** The browser cannot read the file; a folder, for example. */
  | { readonly status: 'unreadable' }
  | { readonly status: 'failed'; readonly error: ReflectionError }
)

/** Chats that are stored, of all that the file holds; absent while it is read. */
export interface ImportProgress {
  readonly stored: number
  readonly total: number
}

export interface ImportOptions {
  /** Ends the import. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ImportProgress) => void
}

/** Size of the largest file that is read, bytes. */
export const LARGEST_IMPORT_BYTES = 50_000_000

/** Stores the chats of a file, which a worker reads. Never rejects. */
export async function importFile(
  file: File,
  library: Pick<ChatLibrary, 'list' | 'add' | 'start' | 'storageError'>,
  { signal, onProgress = () => undefined }: ImportOptions = {},
): Promise<FileImport> {
  const { name, size } = file
  if (size > LARGEST_IMPORT_BYTES) return { name, status: 'too-large', bytes: size, limitBytes: LARGEST_IMPORT_BYTES }
  const worker = new Worker(new URL('./chat-import-worker.ts', import.meta.url), { type: 'module' })
  let stored = 0
  let firstId: string | undefined
  try {
    const known = new Set(library.list.get().chats.map(({ id }) => id))
    const found = await ask(worker, { type: 'read', file, now: Date.now(), known }, signal)
    if (found.type === 'unreadable') return { name, status: 'unreadable' }
    if (found.type === 'failed') throw new ReflectionError(found.code, found.message)
    if (found.type !== 'found') throw unexpectedAnswer()
    const { total, updatedAt, skipped } = found
    for (onProgress({ stored, total }); stored < total; onProgress({ stored, total })) {
      const batch = await ask(worker, { type: 'next' }, signal)
      if (batch.type !== 'batch' || batch.conversations.length === 0) throw unexpectedAnswer()
      for (const conversation of batch.conversations) {
        const isStored = await library.add(conversation, updatedAt.get(conversation.id))
        if (!isStored) throw library.storageError.get() ?? unexpectedAnswer()
        stored += 1
        firstId ??= conversation.id
      }
    }
    return { name, firstId, status: 'done', count: stored, skipped }
  } catch (error) {
    if (signal?.aborted === true) return { name, firstId, status: 'stopped', count: stored }
    return { name, firstId, status: 'failed', error: ReflectionError.from(error) }
  } finally {
    worker.terminate()
    if (stored > 0) await library.start()
  }
}

/** @throws The signal's reason; and when the worker fails. */
function ask(worker: Worker, question: ImportQuestion, signal?: AbortSignal): Promise<ImportAnswer> {
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const heard = new AbortController()
    const options = { signal: heard.signal }
    const settle = (action: () => void) => {
      heard.abort()
      action()
    }
    worker.addEventListener('message', ({ data }) => settle(() => resolve(data as ImportAnswer)), options)
    worker.addEventListener('error', () => settle(() => reject(notRead())), options)
    signal?.addEventListener('abort', () => settle(() => reject(signal.reason)), options)
    worker.postMessage(question, { transfer: [] })
  })
}

function notRead(): ReflectionError {
  return new ReflectionError(
    'import-invalid',
    'The part of the page that reads files could not be fetched, or there was no memory for the file. Check the network, close other tabs, and import it again.',
  )
}

function unexpectedAnswer(): ReflectionError {
  return new ReflectionError('unexpected', 'The import ended early. What was stored stays; import the file again.')
}
