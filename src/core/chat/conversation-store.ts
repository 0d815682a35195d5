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

/** Something stored that could not be read and is kept as it was. */
export interface UnreadableRecord {
  readonly key: string
  /** The chat that it was; absent for what is a part of one. */
  readonly chatId?: string
  /** When it was put aside, or found, milliseconds since the epoch. */
  readonly foundAt: number
  /** What is wrong with it, for people. */
  readonly reason: string
  /** Nothing is wrong with it: a newer version of this page wrote it, and shows it. It stays where it is, and cannot be deleted here. */
  readonly isNewer?: true
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
  /** All chats, the last updated first. Those that cannot be read are left out, and put aside if no newer version of this page wrote them. */
  list(): Promise<ChatSummary[]>
  /** A chat with all that was saved of it, also of a reply in mid-stream; undefined when there is none, or none that can be read. */
  get(chatId: string): Promise<Conversation | undefined>
  /** Chats one by one, the last updated first, for those who search or export all of them. */
  all(): AsyncIterable<Conversation>
  /**
   * Saves a chat. If another page saved it since this one last read or saved it, both versions are merged.
   * @param updatedAt - When it was last saved with something new in it, for one that comes back as it was, milliseconds since the epoch.
   * Default: now, where there is something new in it.
   * @returns What is stored now: the chat itself, or the merged one.
   * @throws {ReflectionError} Also `storage-unreadable` where a newer version of this page has it: then it is kept beside that one, which takes it in.
   */
  save(conversation: Conversation, updatedAt?: number): Promise<Conversation>
  /**
   * Saves what is written of a reply so far; cheap, however long the chat is. The chat itself must have been saved with the reply in it;
   * where it is not there, as when another page deleted it, nothing is saved.
   * @returns Whether it was saved.
   */
  saveReply(chatId: string, reply: ReplyNode): Promise<boolean>
  delete(chatId: string): Promise<void>
  /** Tells of what other pages do. @returns Ends the subscription. */
  subscribe(listener: (change: StoreChange) => void): () => void
  /** Tells that the browser, or someone in it, deleted all that is stored here. @returns Ends the subscription. */
  onCleared(listener: () => void): () => void
  /**
   * Claims the writing of a reply for this page until `release`, or until the page is gone, however it goes. Waits while another has it.
   * @returns Releases the claim.
   */
  claim(replyId: string): Promise<() => void>
  /** Whether some page, this one included, writes the reply at this moment. */
  isClaimed(replyId: string): Promise<boolean>
  /** What cannot be read, oldest first; of what a newer version of this page wrote, that which was come across. */
  unreadable(): Promise<UnreadableRecord[]>
  /** What was put aside under a key, as JSON text, so that it can be looked at or repaired; undefined when there is nothing. */
  readUnreadable(key: string): Promise<string | undefined>
  deleteUnreadable(key: string): Promise<void>
}
