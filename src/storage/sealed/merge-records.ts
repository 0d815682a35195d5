import { isRecord } from '../../core/check-data.ts'
import type { Conversation, ReplyNode } from '../../core/chat/conversation.ts'
import { mergeConversations } from '../../core/chat/merge-conversations.ts'
import { conversationProblem } from '../../core/chat/conversation-problem.ts'
import { CHAT_PREFIX, readReplies, putChat, putReplies, SUMMARY_PREFIX, WRITING_PREFIX } from '../chat-records.ts'
import type { RecordTable } from '../records.ts'
import { keepUnreadable } from '../unreadable-records.ts'

/**
 * Puts a record where one of its name may stand already, as when chats that were left come together with those of a page that kept
 * nothing, or when a move goes on that was cut off. Of chats nothing is lost; of anything else the one that comes in counts.
 */
export async function putMerged(table: RecordTable, name: string, incoming: unknown): Promise<void> {
  const there = await table.get(name)
  if (there === undefined) table.put(name, incoming)
  else if (isSame(there, incoming)) return
  else if (name.startsWith(CHAT_PREFIX)) await mergeChats(table, name, there, incoming)
  else if (name.startsWith(WRITING_PREFIX)) await mergeReplies(table, name.slice(WRITING_PREFIX.length), incoming)
  else if (name.startsWith(SUMMARY_PREFIX)) table.delete(name) // it is made anew from the chat that both are now
  else table.put(name, incoming)
}

/** Whether two values that databases gave are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  const [keys, others] = [definedKeys(one), definedKeys(other)]
  if (keys.length !== others.length) return false
  return keys.every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)))
}

function definedKeys(value: object): string[] {
  return Object.keys(value).filter((key) => Reflect.get(value, key) !== undefined)
}

async function mergeChats(table: RecordTable, name: string, there: unknown, incoming: unknown): Promise<void> {
  const [mine, theirs] = [chatOf(incoming), chatOf(there)]
  if (mine !== undefined && theirs !== undefined) {
    const version = Math.max(mine.version, theirs.version) + 1
    putChat(table, { version, conversation: mergeConversations(mine.conversation, theirs.conversation) })
    return
  }
  const reason = 'It came to a place that another version of the chat has.'
  await keepUnreadable(table, { key: name, value: incoming, reason })
}

function chatOf(value: unknown): { readonly version: number; readonly conversation: Conversation } | undefined {
  if (!isRecord(value) || typeof value['version'] !== 'number') return undefined
  const { version, conversation } = value
  return conversationProblem(conversation) === undefined
    ? { version, conversation: conversation as Conversation }
    : undefined
}

/** Of each reply the version that has more. */
async function mergeReplies(table: RecordTable, chatId: string, incoming: unknown): Promise<void> {
  const name = `${WRITING_PREFIX}${chatId}`
  const [there, mine] = [await readReplies(table, chatId), repliesOf(incoming)]
  if (there.broken.length > 0) return table.put(name, incoming)
  const longest = new Map<string, ReplyNode>()
  for (const reply of [...there.value, ...mine]) {
    const known = longest.get(reply.id)
    if (known === undefined || reply.content.length > known.content.length) longest.set(reply.id, reply)
  }
  putReplies(table, chatId, [...longest.values()])
}

function repliesOf(value: unknown): readonly ReplyNode[] {
  const replies = isRecord(value) ? value['replies'] : undefined
  return Array.isArray(replies) ? (replies as ReplyNode[]) : []
}
