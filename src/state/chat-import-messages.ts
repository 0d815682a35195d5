import type { Conversation } from '../core/chat/conversation.ts'
import type { ChatsImport } from '../core/chat/import-chats.ts'
import type { ErrorCode } from '../core/errors.ts'

/** To the worker that reads a file of chats: the file, then `next` for each batch. */
export type ImportQuestion =
  | {
      readonly type: 'read'
      readonly file: Blob
      /** Milliseconds since the epoch. */
      readonly now: number
      /** Ids of chats that are there already. */
      readonly known: ReadonlySet<string>
    }
  | { readonly type: 'next' }

/** From it: first how many there are, or why there are none; then a batch for each `next`, an empty one at the end. */
export type ImportAnswer =
  | ({ readonly type: 'found'; readonly total: number } & Pick<ChatsImport, 'updatedAt' | 'skipped'>)
  /** The browser cannot read the file. */
  | { readonly type: 'unreadable' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'batch'; readonly conversations: readonly Conversation[] }
