import type {
  Conversation,
  ConversationNode,
  ForcedAnswer,
  ReplyGrammar,
  ReplyNode,
} from '../../../../../src/core/chat/conversation.ts'
import type { Checkpoint, Usage } from '../../../../../src/core/engine.ts'
import { resolveDialect } from '../../../../../src/core/tags/dialect.ts'
import { generateStream } from '../../tags/support/generated-stream.ts'
import type { Random } from '../../tags/support/random.ts'

const TEXTS = [
  '',
  'How many?',
  '漢字 🙂',
  '# Not a heading\n```\nopen',
  '\ud800 half',
  '"quotes" \\ \u2028 \0',
  ' <output>',
]
const IDS = ['__proto__', 'constructor', 'toString', '0', 'é']

/** A conversation as a store may hold it, with branches, in which no reply streams. */
export function generateConversation(random: Random): Conversation {
  const nodes: ConversationNode[] = []
  const chosen: Record<string, string> = Object.fromEntries([])
  for (let count = random.below(14); count > 0; count--) {
    const parent = random.below(4) === 0 ? undefined : nodes[random.below(nodes.length + 1)]
    const id = nodes.length < IDS.length && random.below(6) === 0 ? idOf(nodes.length) : `n${nodes.length}`
    const about = { id, createdAt: random.below(2 ** 31) * 1000 + random.below(1000) }
    if (parent?.role === 'user') nodes.push({ ...about, parentId: parent.id, ...generateReply(random) })
    else nodes.push({ ...about, parentId: parent?.id ?? null, role: 'user', content: random.pick(TEXTS) })
    const key = parent?.id ?? ''
    if (!Object.hasOwn(chosen, key) || random.below(2) === 0) {
      Object.defineProperty(chosen, key, { value: id, configurable: true, enumerable: true, writable: true })
    }
  }
  return {
    schema: 1,
    id: `c${random.below(2 ** 31)}`,
    createdAt: random.below(2 ** 31) * 1000,
    ...maybe(random, { title: random.pick(TEXTS) }),
    ...maybe(random, { instructions: random.pick(TEXTS) }),
    nodes,
    chosen,
  }
}

function idOf(index: number): string {
  const id = IDS[index]
  if (id === undefined) throw new RangeError('There is no such id.')
  return id
}

function generateReply(random: Random): Omit<ReplyNode, 'id' | 'parentId' | 'createdAt'> {
  const { text: content, options } = generateStream(random)
  const grammar: ReplyGrammar = {
    dialect: resolveDialect(options.dialect ?? 'reflection'),
    start: options.start ?? 'root',
  }
  const forced: ForcedAnswer = { cause: random.pick(['think-budget', 'answer-now']), start: 0, end: content.length }
  const tokens = { thinking: random.below(99), reflection: 1, output: random.below(99), markup: 4 }
  const checkpoint: Checkpoint = { at: random.below(content.length + 1), tokens, elapsedMs: random.below(9999) / 7 }
  const usage: Usage = {
    finishReason: random.pick(['stop', 'length', 'abort']),
    promptTokens: 90,
    reusedTokens: 80,
    completionTokens: random.below(999),
    tokens,
    timeToFirstTokenMs: random.below(9999) / 3,
    ...maybe(random, { timeToFirstThinkingMs: 130 }),
    totalMs: 900,
    ...maybe(random, { decodeTokensPerSecond: 40.1 }),
    droppedMessages: 0,
  }
  const status = random.pick(['complete', 'interrupted', 'failed'] as const)
  return {
    role: 'assistant',
    content,
    status,
    modelId: 'reflection-tiny',
    revision: 'v1',
    ...maybe(random, { server: 'reflection.example' }),
    ...maybe(random, { usage, finishReason: usage.finishReason }),
    ...maybe(random, { forced: [forced] }),
    ...maybe(random, { grammar }),
    ...maybe(random, { checkpoints: [checkpoint] }),
    ...(status === 'failed' ? { errorCode: 'device-lost' as const, errorMessage: 'It was taken away.' } : {}),
  }
}

function maybe<Data extends object>(random: Random, data: Data): Data | Record<never, never> {
  return random.below(2) === 0 ? data : {}
}
