import { isRecord, shorten } from '../check-data.ts'
import { ROOT, type Conversation, type ConversationNode } from './conversation.ts'
import { REFLECTION_SYSTEM_PROMPT } from './system-prompt.ts'
import { joinReply, recognizeReply, type TaggedReply } from './tag-reply.ts'

/** Stands for the model and the revision of replies whose author nobody named. */
export const UNKNOWN_AUTHOR = 'unknown'

export interface PlainChatOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Makes an id that was never used. */
  readonly newId: () => string
}

export type PlainChat =
  | {
      readonly conversation: Conversation
      /** What of it a conversation cannot hold, for people; absent when nothing. */
      readonly leftOut?: string
    }
  | { readonly problem: string }

/** Most messages that are read of a plain list. */
const MOST_MESSAGES = 100_000

/**
 * Reads a list of messages as OpenAI's interface and many programs write it, or an object that has one as `messages`.
 *
 * - `content` is text or a list of parts, of which those of text are joined by an empty line.
 * - `reasoning_content` or `reasoning` becomes thinking; without it, tags in the content are recognized.
 * - Messages of the system or the developer become the instructions of the chat, each once, without the Reflection prompt.
 * - Messages of the user that follow each other become one, with an empty line between them. So do replies of one model
 *   without reasoning; between others, and before a reply that begins the list, goes an empty message of the user.
 * - Tool calls and their results, images, and messages of other roles are left out, and `leftOut` counts them.
 */
export function readPlainChat(value: unknown, { now, newId }: PlainChatOptions): PlainChat {
  const messages = messagesOf(value)
  if (messages === undefined) return { problem: 'It is no list of messages with role and content.' }
  if (messages.length > MOST_MESSAGES) {
    return { problem: `It has ${messages.length} messages; at most ${MOST_MESSAGES} can be read.` }
  }
  const { title, model } = isRecord(value) ? value : {}
  const omissions = createOmissions()
  const instructions = new Set<string>()
  const turns: Turn[] = []
  for (const message of messages) {
    const role = isRecord(message) ? message['role'] : undefined
    if (!isRecord(message) || typeof role !== 'string') {
      omissions.add('something that is no message')
    } else if (role === 'system' || role === 'developer') {
      instructions.add(withoutReflectionPrompt(contentOf(message, omissions) ?? ''))
    } else if (role === 'user') {
      addUserTurn(turns, contentOf(message, omissions))
    } else if (role === 'assistant') {
      addReplyTurn(turns, readReplyTurn(message, model, omissions))
    } else {
      omissions.add(`message of the role ${shorten(role)}`)
    }
  }
  const leftOut = omissions.describe()
  if (turns.length === 0) return { problem: ['It has no message of a user or a model.', leftOut].join(' ').trim() }
  const nodes = nodesOf(turns, now, newId)
  const custom = [...instructions].filter((text) => text !== '').join('\n\n')
  const conversation: Conversation = {
    schema: 1,
    id: newId(),
    createdAt: now,
    ...(typeof title === 'string' && title.trim() !== '' ? { title: title.trim() } : {}),
    ...(custom === '' ? {} : { instructions: custom }),
    nodes,
    chosen: Object.fromEntries(nodes.map(({ id, parentId }) => [parentId ?? ROOT, id])),
  }
  return leftOut === '' ? { conversation } : { conversation, leftOut }
}

/** Whether a value says of itself that it is a message. */
export function isMessage(value: unknown): boolean {
  return isRecord(value) && typeof value['role'] === 'string'
}

/** Whether a value is a list of messages, or has one. */
export function isPlainChat(value: unknown): boolean {
  return messagesOf(value) !== undefined
}

function messagesOf(value: unknown): readonly unknown[] | undefined {
  const messages: unknown = isRecord(value) ? value['messages'] : value
  return Array.isArray(messages) && (isRecord(value) || messages.some(isMessage)) ? messages : undefined
}

type Turn =
  | { readonly role: 'user'; readonly content: string }
  | ({ readonly role: 'assistant'; readonly modelId: string; readonly isPlain: boolean } & TaggedReply)

function addUserTurn(turns: Turn[], content: string | undefined): void {
  if (content === undefined) return
  const last = turns.at(-1)
  if (last?.role === 'user') turns[turns.length - 1] = { role: 'user', content: joined(last.content, content) }
  else turns.push({ role: 'user', content })
}

function addReplyTurn(turns: Turn[], reply: Extract<Turn, { role: 'assistant' }> | undefined): void {
  if (reply === undefined) return
  const last = turns.at(-1)
  if (last?.role === 'assistant' && last.isPlain && reply.isPlain && last.modelId === reply.modelId) {
    turns[turns.length - 1] = { ...last, content: joined(last.content, reply.content) }
    return
  }
  if (last?.role !== 'user') turns.push({ role: 'user', content: '' })
  turns.push(reply)
}

function joined(one: string, other: string): string {
  return [one, other].filter((text) => text !== '').join('\n\n')
}

function readReplyTurn(
  message: Record<string, unknown>,
  chatModel: unknown,
  omissions: Omissions,
): Extract<Turn, { role: 'assistant' }> | undefined {
  const { tool_calls: calls, function_call: call, refusal, model } = message
  const callCount = (Array.isArray(calls) ? calls.length : 0) + (isRecord(call) ? 1 : 0)
  for (let count = callCount; count > 0; count--) omissions.add('call of a tool')
  const reasoning = readReasoning(message, omissions)
  const isSilent = (message['content'] ?? '') === ''
  if (isSilent && callCount > 0 && reasoning === undefined) return undefined
  const fallback = typeof refusal === 'string' ? refusal : reasoning === undefined ? undefined : ''
  const answer = isSilent && fallback !== undefined ? fallback : contentOf(message, omissions)
  if (answer === undefined) return undefined
  const reply = reasoning === undefined ? recognizeReply(answer) : joinReply(reasoning, answer)
  const modelId = [model, chatModel].find((name): name is string => typeof name === 'string' && name !== '')
  return {
    role: 'assistant',
    modelId: modelId ?? UNKNOWN_AUTHOR,
    isPlain: reasoning === undefined && reply.grammar === undefined && !MAY_BE_TAG.test(answer),
    ...reply,
  }
}

const MAY_BE_TAG = /<\/?[a-z]/i

function readReasoning(message: Record<string, unknown>, omissions: Omissions): string | undefined {
  const found = [message['reasoning_content'], message['reasoning']].filter((value) => (value ?? '') !== '')
  const reasoning = found.find((value) => typeof value === 'string')
  if (reasoning === undefined && found.length > 0) omissions.add('reasoning that is no text')
  return reasoning?.trim() === '' ? undefined : reasoning
}

/** The text of a message; empty when all of its parts were left out, undefined when it has no content. */
function contentOf({ content }: Record<string, unknown>, omissions: Omissions): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) {
    omissions.add('message without text')
    return undefined
  }
  const texts: string[] = []
  for (const part of content) {
    const { type, text } = isRecord(part) ? part : { type: 'text', text: part }
    if (type === 'text' && typeof text === 'string') texts.push(text)
    else omissions.add(`part of the type ${shorten(type)}`)
  }
  return texts.join('\n\n')
}

function withoutReflectionPrompt(text: string): string {
  return (text.startsWith(REFLECTION_SYSTEM_PROMPT) ? text.slice(REFLECTION_SYSTEM_PROMPT.length) : text).trim()
}

function nodesOf(turns: readonly Turn[], now: number, newId: () => string): ConversationNode[] {
  const nodes: ConversationNode[] = []
  let parentId = ROOT
  for (const turn of turns) {
    const id = newId()
    if (turn.role === 'user') {
      nodes.push({ id, parentId: parentId === ROOT ? null : parentId, ...turn, createdAt: now })
    } else {
      const { isPlain: _, ...reply } = turn
      nodes.push({ id, parentId, ...reply, createdAt: now, status: 'complete', revision: UNKNOWN_AUTHOR })
    }
    parentId = id
  }
  return nodes
}

interface Omissions {
  add(what: string): void
  /** One sentence; empty when nothing was left out. */
  describe(): string
}

/** Kinds of omissions that are named one by one. */
const MOST_KINDS = 5

function createOmissions(): Omissions {
  const counts = new Map<string, number>()
  return {
    add: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    describe() {
      if (counts.size === 0) return ''
      const named = [...counts].slice(0, MOST_KINDS).map(([what, count]) => `${what} (${count})`)
      return `Left out: ${[...named, ...(counts.size > MOST_KINDS ? ['and more'] : [])].join(', ')}.`
    },
  }
}
