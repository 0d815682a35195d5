import { describeProblem, isRecord, shorten } from '../check-data.ts'
import { ReflectionError } from '../errors.ts'
import { interruptStreaming, ROOT, type Conversation, type ReplyNode, type UserNode } from './conversation.ts'
import { CHATS_FORMAT, CHATS_VERSION } from './export-chats.ts'
import { conversationProblem } from './conversation-problem.ts'
import { isDate } from './is-date.ts'
import { isMessage, isPlainChat, readPlainChat, UNKNOWN_AUTHOR, type PlainChatOptions } from './read-plain-chat.ts'

export interface ImportOptions extends PlainChatOptions {
  /** Whether there is a chat with this id already. */
  readonly isKnown: (id: string) => boolean
}

export interface ChatsImport {
  /** At least one. No two share an id, and none has a known one. */
  readonly conversations: readonly Conversation[]
  /**
   * When each was last saved with something new in it, by its id here, milliseconds since the epoch. Where the file does not say it: now, and
   * each a little before the one that stands before it, so that the list has the order of the file.
   */
  readonly updatedAt: ReadonlyMap<string, number>
  readonly skipped: readonly SkippedData[]
}

/** Something of a file that did not come in. */
export interface SkippedData {
  /** Where the chat stands in the file, from 0; in JSON Lines, where the line stands. */
  readonly index: number
  /** `chat`: all of it; `part`: the chat came in without something. */
  readonly what: 'chat' | 'part'
  /** For people. */
  readonly reason: string
}

/**
 * Reads chats from the text of a file: our own export, with all branches, or plain lists of messages as `readPlainChat` takes them: one
 * list, an object with `messages`, a list of either, or JSON Lines of messages or of chats. Linear in the text.
 *
 * Chats of our own export keep their id as long as it is free. One that is not gets new ids throughout, because replies
 * are claimed by theirs. A message of the user that has no reply gets an empty, interrupted one, which can be written anew.
 * @throws {ReflectionError} `import-invalid` when nothing can be read.
 */
export function importChats(text: string, options: ImportOptions): ChatsImport {
  const conversations: Conversation[] = []
  const updatedAt = new Map<string, number>()
  const skipped: SkippedData[] = []
  const taken = new Set<string>()
  for (const { index, read } of chatsOf(text, options)) {
    const chat = read()
    if ('problem' in chat) {
      skipped.push({ index, what: 'chat', reason: chat.problem })
      continue
    }
    if (chat.leftOut !== undefined) skipped.push({ index, what: 'part', reason: chat.leftOut })
    const found = withEmptyReplies(chat.conversation, options.newId)
    const isFree = !taken.has(found.id) && !options.isKnown(found.id)
    const conversation = isFree ? found : withNewIds(found, options.newId)
    taken.add(conversation.id)
    updatedAt.set(conversation.id, chat.updatedAt ?? options.now - conversations.length)
    conversations.push(conversation)
  }
  if (conversations.length > 0) return { conversations, updatedAt, skipped }
  const [first] = skipped
  throw invalid(
    first === undefined ? 'The file holds no chats.' : `The file holds no chat that can be read. ${first.reason}`,
  )
}

type ReadChat = ReturnType<typeof readPlainChat> & { readonly updatedAt?: number }

interface ChatSource {
  readonly index: number
  readonly read: () => ReadChat
}

function chatsOf(text: string, options: PlainChatOptions): ChatSource[] {
  const json = text.replace(/^\ufeff/, '').trim()
  if (json === '') throw invalid('The file is empty.')
  const value = parseJson(json)
  if (value === undefined) return chatsOfLines(json, options)
  if (isRecord(value) && value['format'] === CHATS_FORMAT) {
    return ownChats(value).map((chat, index) => ({ index, read: () => readOwnChat(chat) }))
  }
  const plain = (chat: unknown, index: number) => ({ index, read: () => readPlainChat(chat, options) })
  if (isMessage(value)) return [plain([value], 0)]
  if (Array.isArray(value) && !value.some(isMessage)) {
    if (value.length === 0 || value.some(isPlainChat)) return value.map(plain)
  } else if (isPlainChat(value)) return [plain(value, 0)]
  throw invalid(OTHER_KIND)
}

const OTHER_KIND = 'The file holds neither chats of this program nor lists of messages with role and content.'

/** JSON Lines: messages of one chat, or a chat in each line. */
function chatsOfLines(text: string, options: PlainChatOptions): ChatSource[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  // A first line that is a whole object or list tells JSON Lines from JSON that was cut off.
  const [first = ''] = lines
  const isWhole = (first.startsWith('{') && first.endsWith('}')) || (first.startsWith('[') && first.endsWith(']'))
  if (lines.length < 2 || !isWhole) throw invalid('The file is not JSON, or it was cut off.')
  const entries = lines
    .map((line, index) => ({ index, line, value: line === '' ? undefined : parseJson(line) }))
    .filter(({ line }) => line !== '')
  const values = entries.map(({ value }) => value)
  if (values.some(isMessage)) {
    const torn = entries.filter(({ value }) => !isMessage(value)).length
    const read = () => withTornLines(readPlainChat(values.filter(isMessage), options), torn)
    return [{ index: 0, read }]
  }
  if (!values.some(isPlainChat)) throw invalid(OTHER_KIND)
  return entries.map(({ index, value }) => ({
    index,
    read: () => (value === undefined ? { problem: 'The line is not JSON.' } : readPlainChat(value, options)),
  }))
}

function withTornLines(chat: ReadChat, torn: number): ReadChat {
  if (torn === 0 || 'problem' in chat) return chat
  const leftOut = [chat.leftOut, `Lines that are no message: ${torn}.`].filter((words) => words !== undefined).join(' ')
  return { ...chat, leftOut }
}

function ownChats({ version, chats }: Record<string, unknown>): readonly unknown[] {
  if (typeof version === 'number' && version > CHATS_VERSION) {
    throw invalid(
      `The file was written by a newer version of this program (its format is ${version}). Update, then import it.`,
    )
  }
  if (version !== CHATS_VERSION || !Array.isArray(chats)) {
    throw invalid(`The file is damaged: its version is ${shorten(version)}, its chats are ${shorten(chats)}.`)
  }
  return chats
}

const CONVERSATION_FIELDS = {
  schema: true,
  id: true,
  createdAt: true,
  title: true,
  instructions: true,
  nodes: true,
  chosen: true,
} satisfies Record<keyof Conversation, true>

const USER_FIELDS = {
  id: true,
  parentId: true,
  role: true,
  content: true,
  createdAt: true,
} satisfies Record<keyof UserNode, true>

const REPLY_FIELDS = {
  ...USER_FIELDS,
  status: true,
  modelId: true,
  revision: true,
  server: true,
  finishReason: true,
  usage: true,
  forced: true,
  grammar: true,
  checkpoints: true,
  errorCode: true,
  errorMessage: true,
} satisfies Record<keyof ReplyNode, true>

/** Takes back what `exportChats` added for others. */
function readOwnChat(value: unknown): ReadChat {
  const chat: unknown = isRecord(value)
    ? { ...only(value, CONVERSATION_FIELDS), nodes: ownNodes(value['nodes']) }
    : value
  const problem = conversationProblem(chat)
  if (problem !== undefined) return { problem: describeProblem(problem, 'The chat') }
  const updatedAt = isRecord(value) ? value['updatedAt'] : undefined
  return {
    conversation: interruptStreaming(chat as Conversation),
    ...(typeof updatedAt === 'number' && isDate(updatedAt) && { updatedAt }), // no chat is refused for it
  }
}

function ownNodes(nodes: unknown): unknown {
  if (!Array.isArray(nodes)) return nodes
  return nodes.map((node: unknown) => {
    if (!isRecord(node)) return node
    return only(node, node['role'] === 'user' ? USER_FIELDS : REPLY_FIELDS)
  })
}

function only(value: Record<string, unknown>, fields: Readonly<Record<string, true>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(fields, key)))
}

/** Nothing can be written after a message that has no reply, and only a reply can be regenerated. */
function withEmptyReplies(conversation: Conversation, newId: () => string): Conversation {
  const { nodes, chosen } = conversation
  const replies = nodes
    .filter(({ id, role }) => role === 'user' && !Object.hasOwn(chosen, id))
    .map(({ id, createdAt }): ReplyNode => ({
      id: newId(),
      parentId: id,
      role: 'assistant',
      content: '',
      createdAt,
      status: 'interrupted',
      modelId: UNKNOWN_AUTHOR,
      revision: UNKNOWN_AUTHOR,
    }))
  if (replies.length === 0) return conversation
  const choices = replies.map(({ id, parentId }): [string, string] => [parentId, id])
  return {
    ...conversation,
    nodes: [...nodes, ...replies],
    chosen: Object.fromEntries([...Object.entries(chosen), ...choices]),
  }
}

function withNewIds(conversation: Conversation, newId: () => string): Conversation {
  const ids = new Map([[ROOT, ROOT], ...conversation.nodes.map(({ id }): [string, string] => [id, newId()])])
  const renamed = (id: string) => ids.get(id) ?? id
  return {
    ...conversation,
    id: newId(),
    nodes: conversation.nodes.map((node) =>
      node.role === 'user'
        ? { ...node, id: renamed(node.id), parentId: node.parentId === null ? null : renamed(node.parentId) }
        : { ...node, id: renamed(node.id), parentId: renamed(node.parentId) },
    ),
    chosen: Object.fromEntries(Object.entries(conversation.chosen).map(([from, to]) => [renamed(from), renamed(to)])),
  }
}

/** Undefined, which no JSON is, when the text is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(message: string): ReflectionError {
  return new ReflectionError('import-invalid', message)
}
