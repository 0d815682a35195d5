import {
  fields,
  isRecord,
  list,
  number,
  oneOf,
  optional,
  problemsOf,
  shorten,
  someText,
  text,
  that,
  wholeNumber,
  type DataCheck,
  type DataProblem,
} from '../check-data.ts'
import type { ChannelTokens, Checkpoint, Usage } from '../engine.ts'
import { ERROR_CODES } from '../errors.ts'
import { isDialect } from '../tags/dialect.ts'
import type { FinishReason } from '../tags/tag-event.ts'
import {
  ROOT,
  type Conversation,
  type ConversationNode,
  type ForcedAnswer,
  type ReplyGrammar,
  type ReplyNode,
  type UserNode,
} from './conversation.ts'

/** The first thing that keeps a value from being a conversation; undefined when it is one. */
export function conversationProblem(value: unknown): DataProblem | undefined {
  const [problem] = problemsOf(value, CONVERSATION)
  return problem ?? firstBreak(value as Conversation)
}

const tokens = wholeNumber()
const milliseconds = number({ least: 0 })
/** Earlier versions divided by the nothing that a coarse clock told; JSON says null for what came of it. */
const rate = that('a number of at least 0', (value) => value == null || (typeof value === 'number' && !(value < 0)))
const finishReason = oneOf(['stop', 'length', 'abort'] satisfies FinishReason[])

const channelTokens = fields<ChannelTokens>({ thinking: tokens, reflection: tokens, output: tokens, markup: tokens })

const USAGE = fields<Usage>({
  finishReason,
  promptTokens: tokens,
  reusedTokens: tokens,
  completionTokens: tokens,
  tokens: channelTokens,
  timeToFirstTokenMs: milliseconds,
  timeToFirstThinkingMs: optional(milliseconds),
  timeToFirstOutputMs: optional(milliseconds),
  totalMs: milliseconds,
  prefillTokensPerSecond: rate,
  decodeTokensPerSecond: rate,
  droppedMessages: wholeNumber(),
})

const USER_NODE = fields<UserNode>({
  id: someText,
  parentId: that('a text or null', (value) => value === null || typeof value === 'string'),
  role: oneOf(['user']),
  content: text(),
  createdAt: number(),
})

const REPLY_NODE = fields<ReplyNode>({
  id: someText,
  parentId: someText,
  role: oneOf(['assistant']),
  content: text(),
  createdAt: number(),
  status: oneOf(['streaming', 'complete', 'interrupted', 'failed'] satisfies ReplyNode['status'][]),
  modelId: someText,
  revision: someText,
  server: optional(someText),
  finishReason: optional(finishReason),
  usage: optional(USAGE),
  forced: optional(
    list(
      fields<ForcedAnswer>({
        cause: oneOf(['think-budget', 'answer-now'] satisfies ForcedAnswer['cause'][]),
        start: wholeNumber(),
        end: wholeNumber(),
      }),
    ),
  ),
  grammar: optional(
    fields<ReplyGrammar>({ dialect: that('names of tags', isDialect), start: oneOf(['root', 'thinking']) }),
  ),
  checkpoints: optional(
    list(fields<Checkpoint>({ at: wholeNumber(), tokens: channelTokens, elapsedMs: milliseconds })),
  ),
  errorCode: optional(oneOf(Object.keys(ERROR_CODES))),
  errorMessage: optional(text()),
})

const ANY_NODE = fields<Pick<ConversationNode, 'role'>>({ role: oneOf(['user', 'assistant']) })

const NODE: DataCheck = (value, path, report) => {
  const role = isRecord(value) ? value['role'] : undefined
  const check = role === 'user' ? USER_NODE : role === 'assistant' ? REPLY_NODE : ANY_NODE
  check(value, path, report)
}

const CONVERSATION = fields<Conversation>({
  schema: oneOf([1]),
  id: someText,
  createdAt: number(),
  title: optional(text()),
  instructions: optional(text()),
  nodes: list(NODE),
  chosen: that('an object', isRecord),
})

/** The first place where nodes that are well-formed one by one do not make a tree with one current branch. */
function firstBreak({ nodes, chosen }: Conversation): DataProblem | undefined {
  const roles = new Map<string | null, string>([[null, 'assistant']])
  const children = new Map<string, string[]>()
  for (const [index, { id, parentId, role }] of nodes.entries()) {
    if (roles.has(id)) return { path: `nodes[${index}].id`, found: shorten(id), needed: 'unlike those before it' }
    const parent = roles.get(parentId)
    if (parent === undefined || parent === role) {
      const needed = `the id of ${role === 'user' ? 'a reply' : 'a message of the user'} that stands before it`
      return { path: `nodes[${index}].parentId`, found: shorten(parentId), needed }
    }
    roles.set(id, role)
    const siblings = children.get(parentId ?? ROOT)
    if (siblings === undefined) children.set(parentId ?? ROOT, [id])
    else siblings.push(id)
  }
  for (const parent of new Set([...children.keys(), ...Object.keys(chosen)])) {
    const ids = children.get(parent) ?? []
    const choice = Object.hasOwn(chosen, parent) ? chosen[parent] : undefined
    if (choice !== undefined && ids.includes(choice)) continue
    const needed = ids.length > 0 ? `the id of a child of ${shorten(parent)}` : 'absent, as it has no children'
    return { path: `chosen[${JSON.stringify(parent)}]`, found: shorten(choice), needed }
  }
  return undefined
}
