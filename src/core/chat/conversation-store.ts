import type { Conversation, ReplyNode } from './conversation.ts'

/** What a list of chats shows of one. */
export interface ChatSummary {
  readonly id: string
  /** The user's name for it, or else how its first message begins; empty while it has none. */
  readonly title: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** When it was last saved with something new in it, milliseconds since the epoch. */
  readonly updatedAt: number
}

/** Something stored that could not be read and was put aside as it was. */
export interface UnreadableRecord {
  readonly key: string
  /** The chat that it was; absent for what is a part of one. */
  readonly chatId?: string
  /** When it was put aside, milliseconds since the epoch. */
  readonly foundAt: number
  /** What is wrong with it, for people. */
  readonly reason: string
}

/** What another page of this site did to a chat. */
export interface StoreChange {
  readonly chatId: string
  readonly type: 'saved' | 'reply-saved' | 'deleted'
}

/**
 * Where chats are kept. Several pages may use it at the same time: what one saves never removes what another one saved.
 *
 * Every call may reject with a `ReflectionError`: `storage-full`, or `storage-unreadable` when there is no storage at all.
 */
export interface ConversationStore {
  /** All chats, the last updated first. Those that cannot be read are put aside and left out. */
  list(): Promise<ChatSummary[]>
  /** A chat with all that was saved of it, also of a reply in mid-stream; undefined when there is none, or none that can be read. */
  get(chatId: string): Promise<Conversation | undefined>
  /** Chats one by one, the last updated first, for those who search or export all of them. */
  all(): AsyncIterable<Conversation>
  /**
   * Saves a chat. If another page saved it since this one last read or saved it, both versions are merged.
   * @returns What is stored now: the chat itself, or the merged one.
   */
  save(conversation: Conversation): Promise<Conversation>
  /**
   * Saves what is written of a reply so far; cheap, however long the chat is. The chat itself must have been saved with the reply in it;
   * where it is not there, as when another page deleted it, nothing is saved.
   */
  saveReply(chatId: string, reply: ReplyNode): Promise<void>
  delete(chatId: string): Promise<void>
  /** Tells of what other pages do. @returns Ends the subscription. */
  subscribe(listener: (change: StoreChange) => void): () => void
  /**
   * Claims the writing of a reply for this page until `release`, or until the page is gone, however it goes. Waits while another has it.
   * @returns Releases the claim.
   */
  claim(replyId: string): Promise<() => void>
  /** Whether some page, this one included, writes the reply at this moment. */
  isClaimed(replyId: string): Promise<boolean>
  /** What was put aside, oldest first. */
  unreadable(): Promise<UnreadableRecord[]>
  /** What was put aside under a key, as JSON text, so that it can be looked at or repaired; undefined when there is nothing. */
  readUnreadable(key: string): Promise<string | undefined>
  deleteUnreadable(key: string): Promise<void>
}
