import {
  describeProblem,
  fields,
  isRecord,
  list,
  number,
  oneOf,
  problemsOf,
  text,
  wholeNumber,
  type DataCheck,
} from '../core/check-data.ts'
import type { ChatSummary } from '../core/chat/conversation-store.ts'
import { ROOT, titleOf, type Conversation, type ReplyNode } from '../core/chat/conversation.ts'
import { conversationProblem } from '../core/chat/conversation-problem.ts'
import type { RecordTable } from './records.ts'
import { dropBeside, type BrokenRecord } from './unreadable-records.ts'

/*
 * The layout of the database of chats. By chat:
 * - `chat:<id>` the whole of it as it was saved last, with a number that no other saved version of it has;
 * - `summary:<id>` what lists show, so that they need not read the chats; made anew from the chat where it is missing;
 * - `writing:<id>` replies that have grown since, so that a growing reply does not write the whole chat again.
 */

/** The form of these records. */
const SCHEMA = 1

export const CHAT_PREFIX = 'chat:'
export const SUMMARY_PREFIX = 'summary:'
export const WRITING_PREFIX = 'writing:'
export const chatKey = (chatId: string) => `${CHAT_PREFIX}${chatId}`
export const summaryKey = (chatId: string) => `${SUMMARY_PREFIX}${chatId}`
const writingKey = (chatId: string) => `${WRITING_PREFIX}${chatId}`

interface ChatRecord {
  readonly schema: 1
  readonly version: number
  readonly conversation: Conversation
}

interface WritingRecord {
  readonly schema: 1
  /** One of each id. Several when pages write replies to one chat at the same time. */
  readonly replies: readonly ReplyNode[]
}

type StoredSummary = Omit<ChatSummary, 'id'> & { readonly schema: 1 }

const CHAT = fields({ schema: oneOf([SCHEMA]), version: wholeNumber() })
const SUMMARY = fields<StoredSummary>({
  schema: oneOf([SCHEMA]),
  title: text(),
  createdAt: number(),
  updatedAt: number(),
})

/** A chat as it was read. */
export interface StoredChat {
  readonly version: number
  /** With what its replies have grown by since it was saved. */
  readonly conversation: Conversation
}

/** What was read, and what could not be. */
export interface Reading<Value> {
  readonly value: Value
  readonly broken: readonly BrokenRecord[]
}

export async function readChat(table: RecordTable, chatId: string): Promise<Reading<StoredChat | undefined>> {
  const [chat, writing] = await Promise.all([table.get(chatKey(chatId)), table.get(writingKey(chatId))])
  if (chat === undefined) return { value: undefined, broken: [] }
  if (!isChatRecord(chat, chatId)) {
    const newer = isNewerChat(chat) ? { isNewer: true } : {}
    const broken = [{ key: chatKey(chatId), value: chat, reason: reasonOf(chat, chatId), ...newer }]
    const reason = 'It belongs to a chat that cannot be read.'
    if (writing !== undefined) broken.push({ key: writingKey(chatId), value: writing, reason, ...newer })
    return { value: undefined, broken }
  }
  const { value: replies, broken } = repliesIn(writing, chatId)
  return { value: { version: chat.version, conversation: withGrown(chat.conversation, replies) }, broken }
}

export function putChat(table: RecordTable, { version, conversation }: StoredChat): void {
  const record: ChatRecord = { schema: SCHEMA, version, conversation }
  table.put(chatKey(conversation.id), record)
}

export async function readReplies(table: RecordTable, chatId: string): Promise<Reading<readonly ReplyNode[]>> {
  return repliesIn(await table.get(writingKey(chatId)), chatId)
}

export function putReplies(table: RecordTable, chatId: string, replies: readonly ReplyNode[]): void {
  const record: WritingRecord = { schema: SCHEMA, replies }
  if (replies.length > 0) table.put(writingKey(chatId), record)
  else table.delete(writingKey(chatId))
}

/** A stored summary; undefined when there is none that can be read, and it has to be made from the chat again. */
export function parseSummary(value: unknown, chatId: string): ChatSummary | undefined {
  if (problemsOf(value, SUMMARY).length > 0) return undefined
  const { title, createdAt, updatedAt } = value as StoredSummary
  return { id: chatId, title, createdAt, updatedAt }
}

export function putSummary(table: RecordTable, conversation: Conversation, updatedAt: number): void {
  const record: StoredSummary = {
    schema: SCHEMA,
    title: titleOf(conversation),
    createdAt: conversation.createdAt,
    updatedAt,
  }
  table.put(summaryKey(conversation.id), record)
}

export function deleteChat(table: RecordTable, chatId: string): void {
  for (const keyOf of [chatKey, summaryKey, writingKey]) table.delete(keyOf(chatId))
  dropBeside(table, chatKey(chatId))
}

/** Those of `replies` that are longer than what the chat holds of them. */
export function grownReplies(conversation: Conversation, replies: readonly ReplyNode[]): ReplyNode[] {
  if (replies.length === 0) return []
  const nodes = new Map(conversation.nodes.map((node) => [node.id, node]))
  return replies.filter(({ id, parentId, content }) => {
    const node = nodes.get(id)
    return node?.role === 'assistant' && node.parentId === parentId && content.length > node.content.length
  })
}

function withGrown(conversation: Conversation, replies: readonly ReplyNode[]): Conversation {
  const grown = new Map(grownReplies(conversation, replies).map((reply) => [reply.id, reply]))
  if (grown.size === 0) return conversation
  return { ...conversation, nodes: conversation.nodes.map((node) => grown.get(node.id) ?? node) }
}

/** Whether it is a chat that this version of the page wrote, under its id. */
export function isChatRecord(value: unknown, chatId: string): value is ChatRecord {
  return reasonOf(value, chatId) === ''
}

/** Why a chat cannot be read; empty when it can. */
function reasonOf(value: unknown, chatId: string): string {
  const conversation = isRecord(value) ? value['conversation'] : undefined
  const newer = newerSchema(value) ?? newerSchema(conversation)
  if (newer !== undefined) return newer
  const [problem = conversationProblem(conversation)] = problemsOf(value, CHAT)
  if (problem !== undefined) return describeProblem(problem, 'The record')
  return isRecord(conversation) && conversation['id'] === chatId ? '' : 'It is stored under the id of another chat.'
}

function isNewerChat(value: unknown): boolean {
  return newerSchema(value) !== undefined || (isRecord(value) && newerSchema(value['conversation']) !== undefined)
}

function newerSchema(value: unknown): string | undefined {
  const schema = isRecord(value) ? value['schema'] : undefined
  if (typeof schema !== 'number' || !(schema > SCHEMA)) return undefined
  return `A newer version of this page wrote it (form ${schema}; this one reads form ${SCHEMA}). Reload the page to get that version.`
}

function repliesIn(value: unknown, chatId: string): Reading<readonly ReplyNode[]> {
  if (value === undefined) return { value: [], broken: [] }
  const [problem] = problemsOf(value, WRITING)
  if (problem === undefined) return { value: (value as WritingRecord).replies, broken: [] }
  const newer = newerSchema(value)
  const reason = newer ?? describeProblem(problem, 'The record')
  const record = { key: writingKey(chatId), value, reason, ...(newer === undefined ? {} : { isNewer: true }) }
  return { value: [], broken: [record] }
}

/** A reply is checked as the end of the smallest chat that it can stand in. */
const REPLY: DataCheck = (value, path, report) => {
  const { id, parentId } = isRecord(value) ? value : {}
  const questionId = typeof parentId === 'string' && parentId !== '' ? parentId : 'question'
  const question = { id: questionId, parentId: null, role: 'user', content: '', createdAt: 0 }
  const chosen = Object.fromEntries([
    [ROOT, questionId],
    [questionId, id],
  ])
  const problem = conversationProblem({ schema: 1, id: 'chat', createdAt: 0, nodes: [question, value], chosen })
  if (problem !== undefined) report({ ...problem, path: problem.path.replace(/^nodes\[\d\]/, path) })
}

const WRITING = fields<WritingRecord>({ schema: oneOf([SCHEMA]), replies: list(REPLY) })
