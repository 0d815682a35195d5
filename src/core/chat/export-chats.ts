import {
  DEFAULT_GRAMMAR,
  currentPath,
  interruptStreaming,
  type Conversation,
  type ConversationNode,
  type ReplyNode,
  type UserNode,
} from './conversation.ts'
import { isDate } from './is-date.ts'
import { stepsOf, type ReasoningStep } from '../reply/arrange-reply.ts'
import { readReply } from '../reply/read-reply.ts'
import { textsOf, type ReplyTexts } from '../reply/reply-texts.ts'

export const CHATS_FORMAT = 'second-thought-chats'
export const CHATS_VERSION = 1

/** A file of chats, as plain JSON data; docs/chat-format.md describes it. */
export interface ChatsExport {
  readonly format: typeof CHATS_FORMAT
  readonly version: typeof CHATS_VERSION
  /** ISO 8601. */
  readonly exportedAt: string
  readonly chats: readonly ExportedChat[]
}

/** A conversation with all its branches, and beside each thing what a program without our parser would need to work out. */
export interface ExportedChat extends Omit<Conversation, 'nodes'>, WithTime {
  /** When it was last saved with something new in it, milliseconds since the epoch; absent when that is not known. */
  readonly updatedAt?: number
  /** The current branch as other programs know conversations. */
  readonly messages: readonly PlainMessage[]
  readonly nodes: readonly ExportedNode[]
}

export type ExportedNode = (UserNode & WithTime) | ExportedReply

export interface ExportedReply extends ReplyNode, WithTime {
  readonly channels: ReplyTexts
  /** All reasoning in its order, reflections in their tags; absent when there is none. */
  readonly reasoning_content?: string
}

export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant'
  /** Of a reply, the answer alone. */
  readonly content: string
  readonly reasoning_content?: string
}

interface WithTime {
  /** `createdAt` in ISO 8601; absent when that is no date. */
  readonly time?: string
}

/**
 * Chats as plain data, to be written as JSON. Replies that are being written are exported as interrupted.
 * @param options.exportedAt - Milliseconds since the epoch.
 * @param options.updatedAt - When each chat was last saved with something new in it, by its id; absent where that is not known.
 */
export function exportChats(
  conversations: readonly Conversation[],
  { exportedAt, updatedAt }: { readonly exportedAt: number; readonly updatedAt?: ReadonlyMap<string, number> },
): ChatsExport {
  return {
    format: CHATS_FORMAT,
    version: CHATS_VERSION,
    exportedAt: new Date(exportedAt).toISOString(),
    chats: conversations.map((conversation) => exportChat(conversation, updatedAt?.get(conversation.id))),
  }
}

function exportChat(conversation: Conversation, updatedAt: number | undefined): ExportedChat {
  const { nodes, chosen, ...about } = interruptStreaming(conversation)
  const exported = nodes.map(exportNode)
  const shown = new Set(currentPath(conversation).map(({ id }) => id))
  const system = about.instructions === undefined ? [] : [{ role: 'system', content: about.instructions } as const]
  return {
    ...about,
    ...timeOf(about.createdAt),
    ...(updatedAt !== undefined && { updatedAt }),
    messages: [...system, ...exported.filter(({ id }) => shown.has(id)).flatMap(plainMessage)],
    nodes: exported,
    chosen,
  }
}

function exportNode(node: ConversationNode): ExportedNode {
  if (node.role === 'user') return { ...node, ...timeOf(node.createdAt) }
  const reply = readReply(node)
  const { reflection: tag } = (node.grammar ?? DEFAULT_GRAMMAR).dialect
  const tagged = ({ kind, text }: ReasoningStep) =>
    kind === 'reflection' && tag !== undefined ? `<${tag}>\n${text}\n</${tag}>` : text
  const reasoning = stepsOf(reply).map(tagged).join('\n')
  return {
    ...node,
    ...timeOf(node.createdAt),
    channels: textsOf(reply),
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
  }
}

/** None for a reply in which nothing was written. */
function plainMessage(node: ExportedNode): PlainMessage[] {
  if (node.role === 'user') return [{ role: 'user', content: node.content }]
  if (node.content === '') return []
  const { channels, reasoning_content: reasoning } = node
  const message = { role: 'assistant', content: channels.output } as const
  return [reasoning === undefined ? message : { ...message, reasoning_content: reasoning }]
}

function timeOf(milliseconds: number): { time?: string } {
  return isDate(milliseconds) ? { time: new Date(milliseconds).toISOString() } : {}
}
