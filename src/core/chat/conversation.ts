import type { ChatMessage, Checkpoint, Usage } from '../engine.ts'
import { ReflectionError, type ErrorCode } from '../errors.ts'
import { randomId } from '../random-id.ts'
import { DIALECTS, type TagDialect } from '../tags/dialect.ts'
import type { FinishReason } from '../tags/tag-event.ts'
import { beginningOf } from './graphemes.ts'

/**
 * A conversation with all its branches, as plain JSON data that functions of this file copy and never change.
 *
 * Messages of the user and replies alternate, the first is the user's. Editing a message or regenerating a reply adds a
 * sibling, so nothing that was said is lost. One branch at a time is current: from each parent goes a choice of one child.
 */
export interface Conversation {
  readonly schema: 1
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The user's name for it; absent as long as they gave none. */
  readonly title?: string
  /** The user's instructions for this chat, which take the place of those in the settings; absent for those. */
  readonly instructions?: string
  /** In the order of their making: a parent stands before its children, and siblings are oldest first. */
  readonly nodes: readonly ConversationNode[]
  /** For each node with children, and for `ROOT` once there are nodes, the id of the child that is shown. */
  readonly chosen: Readonly<Record<string, string>>
}

/** Stands for the parent of the first messages in `chosen`; no node has this id. */
export const ROOT = ''

export type ConversationNode = UserNode | ReplyNode

export interface UserNode {
  readonly id: string
  /** The reply that this message answers; null for a first message. */
  readonly parentId: string | null
  readonly role: 'user'
  readonly content: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export interface ReplyNode {
  readonly id: string
  /** The message that this replies to. */
  readonly parentId: string
  readonly role: 'assistant'
  /** What the model wrote, tags and all. */
  readonly content: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** `interrupted`: stopped by the user or with the page; `failed`: by an error. */
  readonly status: 'streaming' | 'complete' | 'interrupted' | 'failed'
  readonly modelId: string
  readonly revision: string
  /** The server that wrote it, or a part of it, such as `reflection.example`; absent where nothing left the device. */
  readonly server?: string
  /** Absent while it streams, and where the end was never reported. */
  readonly finishReason?: FinishReason
  /** Of the last run that wrote here; absent while it streams, and after a failure. */
  readonly usage?: Usage
  /** Stretches of `content` that the engine wrote to end the thinking; absent when there are none. */
  readonly forced?: readonly ForcedAnswer[]
  /** How its raw text is parsed; absent for the Reflection tags from the root on. */
  readonly grammar?: ReplyGrammar
  /** How the reply stood where its blocks began and ended, in order, over all runs that wrote here; absent when not known. */
  readonly checkpoints?: readonly Checkpoint[]
  /** Present when the reply failed. */
  readonly errorCode?: ErrorCode
  readonly errorMessage?: string
}

/** How the replies of a model are parsed. */
export interface ReplyGrammar {
  readonly dialect: TagDialect
  /** Where the parser begins: `thinking` when the prompt holds the opening tag already. */
  readonly start: 'root' | 'thinking'
}

/** How replies are parsed that name no grammar of their own. */
export const DEFAULT_GRAMMAR: ReplyGrammar = { dialect: DIALECTS.reflection, start: 'root' }

/** Where the engine closed the thinking and opened the answer; UTF-16 code units, `end` exclusive. */
export interface ForcedAnswer {
  readonly cause: 'think-budget' | 'answer-now'
  readonly start: number
  readonly end: number
}

/** What a node or a conversation is stamped with; both have defaults: a random id, the time now. */
export interface Stamp {
  readonly id?: string
  /** Milliseconds since the epoch. */
  readonly createdAt?: number
}

/** Which model writes a reply. */
export interface ReplyAuthor {
  readonly modelId: string
  readonly revision: string
  /** Absent for a model that runs on this device. */
  readonly server?: string
  /** Absent for the Reflection tags from the root on. */
  readonly grammar?: ReplyGrammar
}

/** How a reply ended. */
export type ReplyEnd =
  | { readonly status: 'complete'; readonly usage: Usage }
  /** `isStopped`: by the user, before or after it had begun. */
  | { readonly status: 'interrupted'; readonly usage?: Usage; readonly isStopped?: boolean }
  | { readonly status: 'failed'; readonly error: ReflectionError }

export function createConversation(stamp: Stamp = {}): Conversation {
  return { schema: 1, ...stamped(stamp), nodes: [], chosen: {} }
}

/** Names a chat; an empty name takes the user's name away. */
export function renameConversation(conversation: Conversation, title: string): Conversation {
  const { title: _, ...others } = conversation
  return title.trim() === '' ? others : { ...others, title: title.trim() }
}

/** Longest title that is taken from a message, UTF-16 code units. */
const LONGEST_TITLE = 80

/** The user's name for a chat, or else how its first message begins; empty while it has none. */
export function titleOf({ title, nodes }: Conversation): string {
  if (title !== undefined) return title
  const first = nodes.find(({ role }) => role === 'user')
  const text = first?.content.trimStart() ?? ''
  const end = text.indexOf('\n')
  const line = (end === -1 ? text : text.slice(0, end)).trimEnd()
  return line.length > LONGEST_TITLE ? `${beginningOf(line, LONGEST_TITLE - 1).trimEnd()}…` : line
}

/**
 * Adds a message to the end of the current branch.
 * @throws {ReflectionError} `request-invalid` while a reply there is missing or streams.
 */
export function addUserMessage(conversation: Conversation, content: string, stamp: Stamp = {}): Conversation {
  const leaf = currentLeaf(conversation)
  if (leaf?.role === 'user') throw invalid('The last message has no reply yet. Let the model reply to it first.')
  if (leaf?.status === 'streaming') throw invalid('The last reply is still being written. Stop it first.')
  return withNode(conversation, { ...stamped(stamp), parentId: leaf?.id ?? null, role: 'user', content })
}

/**
 * Adds an empty reply, which streams, to the message that ends the current branch.
 * @throws {ReflectionError} `request-invalid` when the branch does not end with a message of the user.
 */
export function addReply(conversation: Conversation, author: ReplyAuthor, stamp: Stamp = {}): Conversation {
  const leaf = currentLeaf(conversation)
  if (leaf?.role !== 'user') throw invalid('There is no message to reply to. Add one first.')
  return withReply(conversation, leaf.id, author, stamp)
}

/**
 * Adds an empty reply, which streams, beside another one.
 * @throws {ReflectionError} `request-invalid` when there is no such reply.
 */
export function regenerateReply(
  conversation: Conversation,
  replyId: string,
  author: ReplyAuthor,
  stamp: Stamp = {},
): Conversation {
  return withReply(conversation, replyWithId(conversation, replyId).parentId, author, stamp)
}

/**
 * Adds the new wording of a message of the user beside the old one, which keeps its replies.
 * @throws {ReflectionError} `request-invalid` when there is no such message.
 */
export function editUserMessage(
  conversation: Conversation,
  messageId: string,
  content: string,
  stamp: Stamp = {},
): Conversation {
  const old = nodeWithId(conversation, messageId)
  if (old.role !== 'user') throw invalid(`Only messages of the user can be edited, and ${messageId} is a reply.`)
  return withNode(conversation, { ...stamped(stamp), parentId: old.parentId, role: 'user', content })
}

/**
 * Puts the next version of a reply that streams in its place.
 * @throws {ReflectionError} `request-invalid` when there is no such reply or it streams no more.
 */
export function replaceReply(conversation: Conversation, reply: ReplyNode): Conversation {
  streamingReply(conversation, reply.id)
  return replaced(conversation, reply)
}

/**
 * Ends a reply; what was written stays.
 * @throws {ReflectionError} `request-invalid` when there is no such reply or it streams no more.
 */
export function finishReply(conversation: Conversation, replyId: string, how: ReplyEnd): Conversation {
  return replaced(conversation, finishedReply(streamingReply(conversation, replyId), how))
}

/** A reply that streamed, ended. */
export function finishedReply(reply: ReplyNode, how: ReplyEnd): ReplyNode {
  if (how.status === 'failed') {
    const { code, message } = how.error
    return { ...reply, status: 'failed', errorCode: code, errorMessage: message }
  }
  if (how.usage === undefined) {
    const isStopped = how.status === 'interrupted' && how.isStopped === true
    return { ...reply, status: how.status, ...(isStopped && { finishReason: 'abort' as const }) }
  }
  const { usage } = how
  return { ...reply, status: how.status, finishReason: usage.finishReason, usage }
}

/**
 * Lets a reply that has ended stream again, to be continued where it stopped.
 * @param server - The server that goes on with it; absent for a model on this device. A reply that a server began stays marked so.
 * @throws {ReflectionError} `request-invalid` when there is no such reply, it streams already, or messages follow it.
 */
export function resumeReply(conversation: Conversation, replyId: string, server?: string): Conversation {
  const reply = replyWithId(conversation, replyId)
  if (reply.status === 'streaming') throw invalid('The reply is being written already.')
  if (Object.hasOwn(conversation.chosen, replyId)) throw invalid('Messages follow the reply. Regenerate it instead.')
  const { finishReason: _, usage: __, errorCode: ___, errorMessage: ____, ...rest } = reply
  return replaced(conversation, { ...rest, status: 'streaming', ...(server !== undefined && { server }) })
}

/** Takes nodes away that were added to the end of a branch of `before`; what else has changed since stays. */
export function takeBack(conversation: Conversation, added: readonly string[], before: Conversation): Conversation {
  const chosen = Object.entries(conversation.chosen).map(([parent, child]) => {
    if (!added.includes(child)) return [parent, child]
    return [parent, Object.hasOwn(before.chosen, parent) ? before.chosen[parent] : undefined]
  })
  return {
    ...conversation,
    nodes: conversation.nodes.filter(({ id }) => !added.includes(id)),
    chosen: Object.fromEntries(chosen.filter(([, child]) => child !== undefined)),
  }
}

/** Ends replies that nothing writes any more, such as those of a page that was closed in mid-stream. */
export function interruptStreaming(conversation: Conversation): Conversation {
  return conversation.nodes
    .filter((node) => node.role === 'assistant' && node.status === 'streaming')
    .reduce((current, { id }) => finishReply(current, id, { status: 'interrupted' }), conversation)
}

/**
 * Makes the branch through a node the current one; below the node, the branch that was current there last.
 * @throws {ReflectionError} `request-invalid` when there is no such node.
 */
export function selectBranch(conversation: Conversation, nodeId: string): Conversation {
  const chosen = { ...conversation.chosen }
  for (let id: string | null = nodeId; id !== null;) {
    const { parentId }: ConversationNode = nodeWithId(conversation, id)
    chosen[parentId ?? ROOT] = id
    id = parentId
  }
  return { ...conversation, chosen }
}

/** The current branch from its first message to its last node; empty in an empty conversation. */
export function currentPath(conversation: Conversation): ConversationNode[] {
  const path: ConversationNode[] = []
  let end = ROOT
  for (const node of conversation.nodes) {
    // One walk is enough, because a parent stands before its children.
    if ((node.parentId ?? ROOT) !== end || conversation.chosen[end] !== node.id) continue
    path.push(node)
    end = node.id
  }
  return path
}

/** The last node of the current branch; undefined in an empty conversation. @internal */
export function currentLeaf(conversation: Conversation): ConversationNode | undefined {
  return currentPath(conversation).at(-1)
}

/**
 * The current branch as an engine takes it. Replies in which nothing was written are left out, so that after `addReply`
 * the list ends with the message to reply to, and after `resumeReply` with the reply to continue.
 * @param systemPrompt - Goes first; absent or empty for none.
 */
export function messagesFor(conversation: Conversation, systemPrompt = ''): ChatMessage[] {
  const messages = currentPath(conversation)
    .filter(({ role, content }) => role === 'user' || content !== '')
    .map(({ role, content }) => ({ role, content }))
  return systemPrompt === '' ? messages : [{ role: 'system', content: systemPrompt }, ...messages]
}

function withReply(conversation: Conversation, parentId: string, author: ReplyAuthor, stamp: Stamp): Conversation {
  const { modelId, revision, server, grammar } = author
  const known = {
    modelId,
    revision,
    ...(server !== undefined && { server }),
    ...(grammar !== undefined && { grammar }),
  }
  const empty = { role: 'assistant', content: '', status: 'streaming', ...known } as const
  return withNode(conversation, { ...stamped(stamp), parentId, ...empty })
}

function withNode(conversation: Conversation, node: ConversationNode): Conversation {
  if (node.id === ROOT || conversation.nodes.some(({ id }) => id === node.id)) {
    throw invalid(`The id ${JSON.stringify(node.id)} cannot be used here. Pass one that is new, or none.`)
  }
  const chosen = { ...conversation.chosen, [node.parentId ?? ROOT]: node.id }
  return { ...conversation, nodes: [...conversation.nodes, node], chosen }
}

function replaced(conversation: Conversation, node: ConversationNode): Conversation {
  return { ...conversation, nodes: conversation.nodes.map((old) => (old.id === node.id ? node : old)) }
}

function nodeWithId(conversation: Conversation, nodeId: string): ConversationNode {
  const node = conversation.nodes.find(({ id }) => id === nodeId)
  if (node === undefined) throw invalid(`The conversation has no message ${JSON.stringify(nodeId)}.`)
  return node
}

/** A reply of any branch. @throws {ReflectionError} `request-invalid` when there is no such reply. */
export function replyWithId(conversation: Conversation, replyId: string): ReplyNode {
  const node = nodeWithId(conversation, replyId)
  if (node.role !== 'assistant') throw invalid(`The message ${replyId} is the user's, not a reply.`)
  return node
}

function streamingReply(conversation: Conversation, replyId: string): ReplyNode {
  const reply = replyWithId(conversation, replyId)
  if (reply.status !== 'streaming') throw invalid(`The reply ${replyId} has ended; nothing can be written to it.`)
  return reply
}

function stamped({ id = randomId(), createdAt = Date.now() }: Stamp): { id: string; createdAt: number } {
  return { id, createdAt }
}

function invalid(message: string): ReflectionError {
  return new ReflectionError('request-invalid', message)
}
