import { describe, expect, test } from 'vitest'
import {
  addReply,
  addUserMessage,
  createConversation,
  currentLeaf,
  currentPath,
  editUserMessage,
  finishReply,
  interruptStreaming,
  messagesFor,
  regenerateReply,
  resumeReply,
  selectBranch,
  type Conversation,
} from '../../../../src/core/chat/conversation.ts'
import { conversationProblem } from '../../../../src/core/chat/conversation-problem.ts'
import type { Usage } from '../../../../src/core/engine.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { expectConversation } from './support/expect-conversation.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

const author = { modelId: 'reflection-tiny', revision: 'v1' }

const usage: Usage = {
  finishReason: 'stop',
  promptTokens: 90,
  reusedTokens: 80,
  completionTokens: 12,
  tokens: { thinking: 4, reflection: 0, output: 2, markup: 4 },
  timeToFirstTokenMs: 120.5,
  timeToFirstThinkingMs: 130,
  totalMs: 900,
  decodeTokensPerSecond: 40.1,
  droppedMessages: 0,
}

/** A conversation in which each `ask` was answered; ids are `q1`, `a1`, `q2`, `a2` and so on. */
function talk(...questions: string[]): Conversation {
  return questions.reduce(
    (before, question, index) => {
      const asked = addUserMessage(before, question, { id: `q${index + 1}`, createdAt: index })
      return answered(addReply(asked, author, { id: `a${index + 1}`, createdAt: index }), `a${index + 1}`)
    },
    createConversation({ id: 'c', createdAt: 0 }),
  )
}

function answered(conversation: Conversation, replyId: string): Conversation {
  return finishReply(appendToReply(conversation, replyId, `<output>${replyId}</output>`), replyId, {
    status: 'complete',
    usage,
  })
}

const idsOf = (nodes: readonly { id: string }[]) => nodes.map(({ id }) => id)
const pathIds = (conversation: Conversation) => idsOf(currentPath(conversation))

function nodeOf(conversation: Conversation, id: string) {
  return conversation.nodes.find((node) => node.id === id)
}

function frozen<Data>(data: Data): Data {
  if (typeof data === 'object' && data !== null) Object.values(Object.freeze(data)).forEach(frozen)
  return data
}

describe('a conversation', () => {
  test('begins empty, with an id and the time of its own', () => {
    const before = Date.now()
    const conversation = createConversation()
    expect(conversation.id).toMatch(/^[0-9a-f]{32}$/)
    expect(conversation.createdAt).toBeGreaterThanOrEqual(before)
    expect(conversation.id).not.toBe(createConversation().id)
    expect(currentLeaf(conversation)).toBeUndefined()
    expect(messagesFor(conversation, '')).toEqual([])
  })

  test('grows by a message and a reply at a time', () => {
    expect(pathIds(talk('one', 'two'))).toEqual(['q1', 'a1', 'q2', 'a2'])
  })

  test('never changes what it was made from', () => {
    let now = frozen(talk('one', 'two'))
    const steps: ((old: Conversation) => Conversation)[] = [
      (old) => addUserMessage(old, 'three', { id: 'q3' }),
      (old) => addReply(old, author, { id: 'a3' }),
      (old) => appendToReply(old, 'a3', 'x'),
      (old) => finishReply(old, 'a3', { status: 'interrupted', usage }),
      (old) => resumeReply(old, 'a3'),
      (old) => interruptStreaming(old),
      (old) => regenerateReply(old, 'a1', author, { id: 'a1b' }),
      (old) => editUserMessage(old, 'q1', 'eins', { id: 'q1b' }),
      (old) => selectBranch(old, 'a2'),
    ]
    for (const step of steps) {
      const next = step(now)
      expect(next).not.toBe(now)
      now = frozen(next)
    }
    expect(pathIds(now)).toEqual(['q1', 'a1', 'q2', 'a2', 'q3', 'a3'])
  })

  test('is JSON: it comes back from text as it was', () => {
    const conversation = regenerateReply(talk('one', 'two'), 'a1', author)
    expect(expectConversation(JSON.parse(JSON.stringify(conversation)))).toEqual(conversation)
  })

  test('does not take a message after one without a reply, or while a reply streams', () => {
    const asked = addUserMessage(createConversation(), 'one')
    expect(() => addUserMessage(asked, 'two')).toThrow(/no reply yet/)
    expect(() => addUserMessage(addReply(asked, author), 'two')).toThrow(/still being written/)
  })

  test('does not take a reply to nothing or to a reply', () => {
    expect(() => addReply(createConversation(), author)).toThrow(/no message to reply to/)
    expect(() => addReply(talk('one'), author)).toThrow(/no message to reply to/)
  })

  test('does not take an id twice, or an empty one', () => {
    expect(() => addUserMessage(talk('one'), 'two', { id: 'q1' })).toThrow(ReflectionError)
    expect(() => addUserMessage(talk('one'), 'two', { id: '' })).toThrow(ReflectionError)
  })

  test('keeps ids apart from the names that every object has', () => {
    const asked = addUserMessage(createConversation(), 'one', { id: '__proto__' })
    const conversation = addReply(asked, author, { id: 'constructor' })
    expect(pathIds(conversation)).toEqual(['__proto__', 'constructor'])
    expect(expectConversation(JSON.parse(JSON.stringify(conversation)))).toEqual(conversation)
    const resumed = resumeReply(interruptStreaming(conversation), 'constructor')
    expect(currentLeaf(resumed)).toMatchObject({ status: 'streaming' })
  })
})

describe('a reply', () => {
  const begun = addReply(addUserMessage(createConversation(), 'one', { id: 'q1' }), author, { id: 'a1', createdAt: 7 })

  test('begins empty and streaming, under the name of its model', () => {
    expect(nodeOf(begun, 'a1')).toEqual({
      id: 'a1',
      parentId: 'q1',
      role: 'assistant',
      content: '',
      createdAt: 7,
      status: 'streaming',
      ...author,
    })
  })

  test('collects what is written, tags and all', () => {
    const written = ['<think', 'ing>$&', '\u{1f600}'].reduce((old, piece) => appendToReply(old, 'a1', piece), begun)
    expect(nodeOf(written, 'a1')?.content).toBe('<thinking>$&\u{1f600}')
  })

  test('knows what it cost when it is complete', () => {
    const node = nodeOf(finishReply(begun, 'a1', { status: 'complete', usage }), 'a1')
    expect(node).toMatchObject({ status: 'complete', finishReason: 'stop', usage })
  })

  test('keeps what was written when it is stopped or fails', () => {
    const written = appendToReply(begun, 'a1', '<thinking>half')
    expect(nodeOf(finishReply(written, 'a1', { status: 'interrupted' }), 'a1')).toMatchObject({
      status: 'interrupted',
      content: '<thinking>half',
    })
    const error = new ReflectionError('device-lost', 'The GPU is gone. Load the model again.')
    const failed = nodeOf(finishReply(written, 'a1', { status: 'failed', error }), 'a1')
    expect(failed).toMatchObject({
      status: 'failed',
      content: '<thinking>half',
      errorCode: 'device-lost',
      errorMessage: 'The GPU is gone. Load the model again.',
    })
    expect(failed).not.toHaveProperty('usage')
  })

  test('takes nothing more once it has ended', () => {
    const ended = finishReply(begun, 'a1', { status: 'interrupted' })
    expect(() => appendToReply(ended, 'a1', 'late')).toThrow(/has ended/)
    expect(() => finishReply(ended, 'a1', { status: 'complete', usage })).toThrow(/has ended/)
  })

  test('can be continued where it stopped, and forgets how it had ended', () => {
    const cut = finishReply(appendToReply(begun, 'a1', 'half'), 'a1', {
      status: 'complete',
      usage: { ...usage, finishReason: 'length' },
    })
    const resumed = resumeReply(cut, 'a1')
    expect(nodeOf(resumed, 'a1')).toEqual({ ...nodeOf(begun, 'a1'), content: 'half' })
    expect(messagesFor(resumed, '').at(-1)).toEqual({ role: 'assistant', content: 'half' })
    expect(() => resumeReply(resumed, 'a1')).toThrow(/being written already/)
  })

  test('says which server wrote it, or a part of it, from then on', () => {
    const cut = finishReply(appendToReply(begun, 'a1', 'half'), 'a1', { status: 'interrupted' })
    const elsewhere = finishReply(resumeReply(cut, 'a1', 'reflection.example'), 'a1', { status: 'interrupted' })
    expect(nodeOf(elsewhere, 'a1')).toMatchObject({ server: 'reflection.example', modelId: author.modelId })
    expect(nodeOf(resumeReply(elsewhere, 'a1'), 'a1')).toMatchObject({ server: 'reflection.example' })
    const another = regenerateReply(elsewhere, 'a1', author, { id: 'a1b' })
    expect(nodeOf(another, 'a1b')).not.toHaveProperty('server')
  })

  test('cannot be continued once messages follow it', () => {
    expect(() => resumeReply(talk('one', 'two'), 'a1')).toThrow(/Regenerate it/)
  })

  test('is interrupted when nothing writes it any more, whichever branch it is on', () => {
    const both = regenerateReply(begun, 'a1', author, { id: 'a1b' })
    const ended = interruptStreaming(both)
    expect(ended.nodes.map((node) => node.role === 'assistant' && node.status)).toEqual([
      false,
      'interrupted',
      'interrupted',
    ])
    expect(interruptStreaming(ended)).toBe(ended)
  })
})

describe('branches', () => {
  test('regenerating adds a reply beside the others and shows it', () => {
    const twice = regenerateReply(regenerateReply(talk('one'), 'a1', author, { id: 'b' }), 'a1', author, { id: 'c' })
    expect(pathIds(twice)).toEqual(['q1', 'c'])
    expect(idsOf(twice.nodes.filter(({ parentId }) => parentId === 'q1'))).toEqual(['a1', 'b', 'c'])
  })

  test('editing adds a message beside the old one, which keeps its replies', () => {
    const edited = editUserMessage(talk('one', 'two'), 'q1', 'eins', { id: 'q1b' })
    expect(pathIds(edited)).toEqual(['q1b'])
    expect(messagesFor(edited, '')).toEqual([{ role: 'user', content: 'eins' }])
    expect(pathIds(selectBranch(edited, 'q1'))).toEqual(['q1', 'a1', 'q2', 'a2'])
  })

  test('editing a later message leaves what stands before it', () => {
    const edited = editUserMessage(talk('one', 'two'), 'q2', 'zwei', { id: 'q2b' })
    expect(pathIds(edited)).toEqual(['q1', 'a1', 'q2b'])
  })

  test('going back to a branch shows what was current in it', () => {
    let conversation = talk('one', 'two')
    conversation = regenerateReply(conversation, 'a2', author, { id: 'a2b' })
    conversation = selectBranch(conversation, 'a2')
    conversation = regenerateReply(conversation, 'a1', author, { id: 'a1b' })
    expect(pathIds(conversation)).toEqual(['q1', 'a1b'])
    expect(pathIds(selectBranch(conversation, 'a1'))).toEqual(['q1', 'a1', 'q2', 'a2'])
    expect(pathIds(selectBranch(conversation, 'a2b'))).toEqual(['q1', 'a1', 'q2', 'a2b'])
  })

  test('every node stays reachable, whatever was regenerated and edited', () => {
    let conversation = talk('one', 'two', 'three')
    conversation = editUserMessage(conversation, 'q2', 'zwei', { id: 'q2b' })
    conversation = addReply(conversation, author, { id: 'a2b' })
    conversation = regenerateReply(conversation, 'a2b', author, { id: 'a2c' })
    conversation = regenerateReply(conversation, 'a1', author, { id: 'a1b' })
    for (const { id } of conversation.nodes) expect(pathIds(selectBranch(conversation, id))).toContain(id)
  })

  test('unknown nodes and the wrong role are refused', () => {
    const conversation = talk('one')
    expect(() => selectBranch(conversation, 'x')).toThrow(ReflectionError)
    expect(() => editUserMessage(conversation, 'a1', 'x')).toThrow(/is a reply/)
    expect(() => regenerateReply(conversation, 'q1', author)).toThrow(/not a reply/)
  })
})

describe('messages for the engine', () => {
  test('begin with the system prompt, if there is one', () => {
    const messages = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: '<output>a1</output>' },
    ]
    expect(messagesFor(talk('one'), 'Be brief.')).toEqual([{ role: 'system', content: 'Be brief.' }, ...messages])
    expect(messagesFor(talk('one'), '')).toEqual(messages)
  })

  test('leave out replies in which nothing was written', () => {
    const failed = finishReply(addReply(addUserMessage(createConversation(), 'one'), author, { id: 'a' }), 'a', {
      status: 'failed',
      error: new ReflectionError('device-lost', 'Gone.'),
    })
    const again = addReply(addUserMessage(failed, 'two'), author)
    expect(messagesFor(again, '')).toEqual([
      { role: 'user', content: 'one' },
      { role: 'user', content: 'two' },
    ])
  })
})

describe('stored conversations', () => {
  const stored = () => JSON.parse(JSON.stringify(regenerateReply(talk('one', 'two'), 'a2', author, { id: 'b' })))

  test('may hold fields that are not known here', () => {
    const value = { ...stored(), title: 'Sums' }
    expect(conversationProblem(value)).toBeUndefined()
  })

  test.each([Infinity, NaN, null])('may hold a speed that a coarse clock made, or JSON of it: %s', (rate) => {
    const value = stored()
    Object.assign(value.nodes[1].usage, { prefillTokensPerSecond: rate, decodeTokensPerSecond: rate })
    expect(conversationProblem(value)).toBeUndefined()
  })

  test.each<[string, (value: any) => void]>([
    ['schema', (value) => (value.schema = 2)],
    ['id', (value) => delete value.id],
    ['createdAt', (value) => (value.createdAt = '2026')],
    ['createdAt', (value) => (value.createdAt = Number.NaN)],
    ['nodes', (value) => (value.nodes = {})],
    ['chosen', (value) => (value.chosen = null)],
    ['nodes[0]', (value) => (value.nodes[0] = 7)],
    ['nodes[0].id', (value) => (value.nodes[0].id = '')],
    ['nodes[2].id', (value) => (value.nodes[2].id = 'q1')],
    ['nodes[0].role', (value) => (value.nodes[0].role = 'system')],
    ['nodes[0].content', (value) => delete value.nodes[0].content],
    ['nodes[0].parentId', (value) => delete value.nodes[0].parentId],
    ['nodes[0].parentId', (value) => (value.nodes[0].parentId = 'a2')],
    ['nodes[2].parentId', (value) => (value.nodes[2].parentId = 'q1')],
    ['nodes[1].parentId', (value) => (value.nodes[1].parentId = null)],
    ['nodes[1].status', (value) => (value.nodes[1].status = 'done')],
    ['nodes[1].modelId', (value) => delete value.nodes[1].modelId],
    ['nodes[1].finishReason', (value) => (value.nodes[1].finishReason = 'bored')],
    ['nodes[1].usage.tokens.output', (value) => (value.nodes[1].usage.tokens.output = -1)],
    ['nodes[1].usage.totalMs', (value) => delete value.nodes[1].usage.totalMs],
    ['nodes[1].usage.decodeTokensPerSecond', (value) => (value.nodes[1].usage.decodeTokensPerSecond = -1)],
    ['nodes[1].usage.decodeTokensPerSecond', (value) => (value.nodes[1].usage.decodeTokensPerSecond = '5')],
    ['nodes[1].forced[0].cause', (value) => (value.nodes[1].forced = [{ cause: 'fate', start: 0, end: 1 }])],
    ['nodes[1].errorCode', (value) => (value.nodes[1].errorCode = 'oops')],
    ['chosen[""]', (value) => delete value.chosen['']],
    ['chosen["a1"]', (value) => (value.chosen.a1 = 'q1')],
    ['chosen["a2"]', (value) => (value.chosen.a2 = 'q1')],
    ['chosen["nowhere"]', (value) => (value.chosen.nowhere = 'q1')],
  ])('are refused by the name of the field: %s', (field, spoil) => {
    const value = stored()
    spoil(value)
    expect(conversationProblem(value)?.path).toBe(field)
  })

  test.each([undefined, null, 'text', 7, []])('are refused when they are no conversation at all: %j', (value) => {
    expect(conversationProblem(value)).toMatchObject({ path: '', needed: 'an object' })
  })
})
