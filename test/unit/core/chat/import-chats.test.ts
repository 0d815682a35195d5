import { describe, expect, test } from 'vitest'
import type { Conversation } from '../../../../src/core/chat/conversation.ts'
import {
  addReply,
  addUserMessage,
  createConversation,
  currentPath,
  messagesFor,
  regenerateReply,
} from '../../../../src/core/chat/conversation.ts'
import { exportChats } from '../../../../src/core/chat/export-chats.ts'
import { importChats } from '../../../../src/core/chat/import-chats.ts'
import { REFLECTION_SYSTEM_PROMPT } from '../../../../src/core/chat/system-prompt.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { readReply, type StoredReply } from '../../../../src/core/reply/read-reply.ts'
import { textsOf } from '../../../../src/core/reply/reply-texts.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'
import { createRandom } from '../tags/support/random.ts'
import { expectConversation } from './support/expect-conversation.ts'
import { generateConversation } from './support/generated-conversation.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

const now = 1_790_000_000_000

/** What a reply says, whatever stands around its parts. */
function readingOf(stored: StoredReply) {
  const reply = readReply(stored)
  const parts = reply.parts.map(({ channel, start, end }) => [channel, reply.text.slice(start, end).trim()])
  return { ...textsOf(reply), parts }
}

function options(known: readonly string[] = []) {
  let count = 0
  return { now, newId: () => `new${count++}`, isKnown: (id: string) => known.includes(id) }
}

const importText = (text: string, known?: readonly string[]) => importChats(text, options(known))
const importData = (data: unknown, known?: readonly string[]) => importText(JSON.stringify(data), known)
const exportText = (...chats: Conversation[]) => JSON.stringify(exportChats(chats, { exportedAt: now }))

/** The only chat of an import in which nothing is skipped. */
function chatOf({ conversations, skipped }: ReturnType<typeof importChats>): Conversation {
  const [chat] = conversations
  expect(skipped).toEqual([])
  expect(conversations).toHaveLength(1)
  if (chat === undefined) throw new Error('There is no chat.')
  return expectConversation(JSON.parse(JSON.stringify(chat)))
}

/** A chat without the empty replies that its import gave to messages that had none. */
function withoutAdded(chat: Conversation): Conversation {
  const isAdded = (id: string) => id.startsWith('new')
  return {
    ...chat,
    nodes: chat.nodes.filter(({ id }) => !isAdded(id)),
    chosen: Object.fromEntries(Object.entries(chat.chosen).filter(([, child]) => !isAdded(child))),
  }
}

/** The current branch as pairs of a role and a content. */
const saidIn = (chat: Conversation) => currentPath(chat).map(({ role, content }) => [role, content])

function failureOf(text: string): ReflectionError {
  try {
    importText(text)
  } catch (error) {
    if (ReflectionError.is(error)) return error
  }
  throw new Error('The import did not fail with an error of ours.')
}

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown, more = {}) => ({ role: 'assistant', content, ...more })

describe('our own export', () => {
  test('comes back as it was, whatever it holds', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = createRandom(seed)
      const chats = Array.from({ length: 1 + random.below(3) }, (_, index) => ({
        ...generateConversation(random),
        id: `c${index}`,
      }))
      for (const chat of chats) expectConversation(chat)
      const { conversations, skipped } = importText(exportText(...chats))
      expect([conversations.map(withoutAdded), skipped], `seed ${seed}`).toEqual([chats, []])
      for (const { nodes, chosen } of conversations.map(expectConversation)) {
        const unanswered = nodes.filter(({ id, role }) => role === 'user' && !Object.hasOwn(chosen, id))
        expect(unanswered, `seed ${seed}`).toEqual([])
      }
    }
  })

  test('brings a reply that was being written as interrupted', () => {
    const asked = addUserMessage(createConversation(), 'How many?')
    const written = appendToReply(addReply(asked, { modelId: 'm', revision: 'r' }, { id: 'a1' }), 'a1', '<thinking>We')
    expect(chatOf(importText(exportText(written))).nodes[1]).toMatchObject({
      status: 'interrupted',
      content: '<thinking>We',
    })
  })

  test('becomes a second chat with ids of its own when the chat is there already', () => {
    for (let seed = 0; seed < 100; seed++) {
      const chat = generateConversation(createRandom(seed))
      const copy = chatOf(importText(exportText(chat), [chat.id]))
      const first = chatOf(importText(exportText(chat)))
      expect(saidIn(copy)).toEqual(saidIn(first))
      expect([copy.id, ...copy.nodes.map(({ id }) => id)].filter((id) => !id.startsWith('new'))).toEqual([])
      expect(copy.nodes).toHaveLength(first.nodes.length)
    }
  })

  test('gives no id to two chats of a file', () => {
    const chat = addUserMessage(createConversation({ id: 'c' }), 'Hello')
    const { conversations } = importText(exportText(chat, chat))
    expect(conversations.map(({ id }) => id)).toEqual(['c', expect.stringMatching(/^new/)])
  })

  test('brings what can be read and says what cannot', () => {
    const { chats, ...file } = exportChats([addUserMessage(createConversation({ id: 'c' }), 'Hello')], {
      exportedAt: now,
    })
    const [good] = chats
    const bad = { ...good, nodes: [{ ...good?.nodes[0], content: 7 }] }
    const { conversations, skipped } = importData({ ...file, chats: [null, bad, good, { id: 'x' }] })
    expect(conversations.map(({ id }) => id)).toEqual(['c'])
    expect(skipped).toEqual([
      { index: 0, what: 'chat', reason: 'The chat is null, but must be an object.' },
      { index: 1, what: 'chat', reason: 'nodes[0].content is 7, but must be a text.' },
      { index: 3, what: 'chat', reason: 'schema is nothing, but must be 1.' },
    ])
    expect(failureOf(JSON.stringify({ ...file, chats: [bad] })).message).toBe(
      'The file holds no chat that can be read. nodes[0].content is 7, but must be a text.',
    )
  })

  test('brings nothing that a conversation does not have', () => {
    const { chats, ...file } = exportChats([addUserMessage(createConversation({ id: 'c' }), 'Hello')], {
      exportedAt: now,
    })
    const chat = chatOf(importData({ ...file, chats: [{ ...chats[0], evil: 1 }] }))
    expect(Object.keys(chat).toSorted()).toEqual(['chosen', 'createdAt', 'id', 'nodes', 'schema'])
  })

  test('says when its chats were last updated, under the ids that they get, and heeds no time that is none', () => {
    const chats = ['a', 'b', 'c', 'd', 'e'].map((id) => createConversation({ id, createdAt: 1 }))
    const updatedAt = new Map([
      ['a', 7000],
      ['b', 8000],
    ])
    const file = exportChats(chats, { exportedAt: now, updatedAt })
    const nonsense = [8.64e15 + 1, '9000', null]
    const given = file.chats.map((chat, index) => (index < 2 ? chat : { ...chat, updatedAt: nonsense[index - 2] }))
    const found = importData({ ...file, chats: given }, ['b'])
    expect(found.conversations.map(({ id }) => id)).toEqual(['a', 'new0', 'c', 'd', 'e'])
    expect([...found.updatedAt.values()]).toEqual([7000, 8000, now - 2, now - 3, now - 4]) // in the order of the file
    expect([...found.updatedAt.keys()]).toEqual(found.conversations.map(({ id }) => id))
    expect(found.skipped).toEqual([])
  })

  test('of a newer version is refused with words that say so', () => {
    expect(failureOf('{"format":"second-thought-chats","version":2,"chats":[]}').message).toMatch(/newer version/)
    expect(failureOf('{"format":"second-thought-chats","version":"1","chats":[]}').message).toMatch(/damaged/)
    expect(failureOf('{"format":"second-thought-chats","version":1}').message).toMatch(/damaged/)
  })
})

describe('a list of messages', () => {
  const list = [user('How many?'), assistant('4')]
  const said = [
    ['user', 'How many?'],
    ['assistant', '4'],
  ]

  test.each([
    ['by itself', JSON.stringify(list)],
    ['in an object', JSON.stringify({ messages: list })],
    ['in a list', JSON.stringify([{ messages: list }])],
    ['in a list of lists', JSON.stringify([list])],
    ['as JSON Lines of messages', list.map((message) => JSON.stringify(message)).join('\n')],
    ['with a byte order mark and empty lines', `\ufeff\n${JSON.stringify(list, null, 2)}\n\n`],
  ])('%s becomes a chat', (_, text) => {
    const chat = chatOf(importText(text))
    expect(saidIn(chat)).toEqual(said)
    expect(chat).toMatchObject({ createdAt: now, nodes: [{}, { status: 'complete', modelId: 'unknown' }] })
  })

  test('is one of several', () => {
    const other = [user('And now?'), assistant('5')]
    for (const text of [
      JSON.stringify([{ messages: list }, { messages: other }]),
      JSON.stringify([list, other]),
      `${JSON.stringify({ messages: list })}\r\n${JSON.stringify({ messages: other })}\r\n`,
    ]) {
      expect(importText(text).conversations.map((chat) => saidIn(chat)[0])).toEqual([
        ['user', 'How many?'],
        ['user', 'And now?'],
      ])
    }
  })

  test('comes in beside others that cannot be read', () => {
    expect(importData([{ messages: list }, 7, { messages: [] }])).toMatchObject({
      conversations: [{}],
      skipped: [
        { index: 1, what: 'chat', reason: expect.stringContaining('no list of messages') },
        { index: 2, what: 'chat', reason: expect.stringContaining('no message') },
      ],
    })
    expect(importText(`${JSON.stringify({ messages: list })}\n\n{"messages": [`)).toMatchObject({
      conversations: [{}],
      skipped: [{ index: 2, what: 'chat', reason: 'The line is not JSON.' }],
    })
    expect(importText(`${JSON.stringify(list[0])}\n${JSON.stringify(list[1])}\n{"role": "us`)).toMatchObject({
      conversations: [{}],
      skipped: [{ index: 0, what: 'part', reason: 'Lines that are no message: 1.' }],
    })
  })

  test('keeps its title and the names of its models', () => {
    const chat = chatOf(
      importData({
        title: ' Sums ',
        model: 'a',
        messages: [...list, ...list.map((each) => ({ ...each, model: 'b' }))],
      }),
    )
    expect(chat).toMatchObject({ title: 'Sums', nodes: [{}, { modelId: 'a' }, {}, { modelId: 'b' }] })
  })

  test('may have its content in parts', () => {
    const parts = [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ]
    expect(saidIn(chatOf(importData([user(parts), assistant('three')])))[0]).toEqual(['user', 'one\n\ntwo'])
  })

  test.each(['reasoning_content', 'reasoning'])('has thinking in %s', (field) => {
    const chat = chatOf(importData([user('How many?'), assistant('4', { [field]: 'Two and two.' })]))
    const reply = chat.nodes[1]
    expect(reply?.role === 'assistant' && textsOf(readReply(reply))).toMatchObject({
      thinking: 'Two and two.',
      output: '4',
    })
  })

  test('has thinking in tags', () => {
    const raw = ['<think>Well.</think>4', '<thinking>Well.</thinking><output>4</output>']
    const chat = chatOf(importData(raw.flatMap((content) => [user('How many?'), assistant(content)])))
    expect(saidIn(chat).map(([, content]) => content)).toEqual(['How many?', raw[0], 'How many?', raw[1]])
    expect(chat.nodes[1]).toMatchObject({ grammar: { dialect: DIALECTS.think, start: 'root' } })
    expect(chat.nodes[3]).not.toHaveProperty('grammar')
  })

  test('reads what our export writes for others', () => {
    const asked = addUserMessage(createConversation(), 'How many?')
    const raw = '<thinking>Three.<reflection>No: four.</reflection>Four.</thinking>\n<output>4</output>'
    const written = appendToReply(addReply(asked, { modelId: 'm', revision: 'r' }, { id: 'a1' }), 'a1', raw)
    const [file] = exportChats([written], { exportedAt: now }).chats
    const reply = chatOf(importData(file?.messages)).nodes[1]
    expect(reply?.role === 'assistant' && readingOf(reply)).toEqual(readingOf({ content: raw }))
  })

  test('has instructions of the system and the developer', () => {
    const system = (content: string, role = 'system') => ({ role, content })
    const instructionsOf = (...messages: object[]) => chatOf(importData([...messages, ...list])).instructions
    expect(instructionsOf(system('Be brief.'), system('Be kind.', 'developer'), system('Be brief.'))).toBe(
      'Be brief.\n\nBe kind.',
    )
    expect(instructionsOf(system(`${REFLECTION_SYSTEM_PROMPT}\n\nBe brief.`))).toBe('Be brief.')
    expect(instructionsOf(system(REFLECTION_SYSTEM_PROMPT))).toBeUndefined()
  })

  test('joins messages of one role, so that roles alternate', () => {
    expect(saidIn(chatOf(importData([user('a'), user('b'), assistant('c'), assistant('d')])))).toEqual([
      ['user', 'a\n\nb'],
      ['assistant', 'c\n\nd'],
    ])
  })

  test('puts an empty message between replies that cannot be joined, and before a reply that begins', () => {
    const chat = chatOf(importData([assistant('Hello!'), assistant('4', { reasoning: 'Hm.' }), assistant('5')]))
    expect(saidIn(chat).filter(([role, content]) => role === 'user' && content === '')).toHaveLength(3)
    expect(saidIn(chat).filter(([role]) => role === 'assistant')).toHaveLength(3)
  })

  test.each([
    ['by itself', [user('How many?')]],
    ['in our own export', exportChats([addUserMessage(createConversation(), 'How many?')], { exportedAt: now })],
  ])('%s that ends with a message of the user can be answered, and written on', (_, data) => {
    const chat = chatOf(importData(data))
    const reply = chat.nodes[1]
    expect(reply).toMatchObject({ role: 'assistant', content: '', status: 'interrupted' })
    const asked = [{ role: 'user', content: 'How many?' }]
    expect(messagesFor(regenerateReply(chat, reply?.id ?? '', { modelId: 'm', revision: 'r' }))).toEqual(asked)
    expect(messagesFor(addUserMessage(chat, 'And now?'))).toEqual([...asked, { role: 'user', content: 'And now?' }])
  })

  test('says what of it was left out', () => {
    const { conversations, skipped } = importData([
      user([{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }]),
      assistant(null, { tool_calls: [{}, {}] }),
      { role: 'tool', content: 'sunny' },
      assistant('It is sunny.', { reasoning: { text: 'no' } }),
      assistant(null),
      'not a message',
    ])
    expect(skipped).toEqual([
      {
        index: 0,
        what: 'part',
        reason:
          'Left out: part of the type "image_url" (1), call of a tool (2), message of the role "tool" (1), reasoning that is no text (1), message without text (1), and more.',
      },
    ])
    expect(conversations.map(saidIn)).toEqual([
      [
        ['user', ''],
        ['assistant', 'It is sunny.'],
      ],
    ])
  })

  test('keeps a refusal and an empty reply', () => {
    const chat = chatOf(importData([user('a'), assistant(null, { refusal: 'No.' }), user('b'), assistant('')]))
    expect(saidIn(chat).map(([, content]) => content)).toEqual(['a', 'No.', 'b', ''])
  })

  test('always becomes a conversation that can be stored, with each text in it', () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = createRandom(seed)
      const messages = Array.from({ length: 1 + random.below(8) }, (_, index) => ({
        role: random.pick(['user', 'assistant', 'system', 'developer', 'user', 'assistant']),
        content: `${random.pick(['', '<think>', '<thinking>', '</think>\n', 'x < y', '<output>'])}text${index}`,
        ...(random.below(3) === 0 ? { reasoning_content: `why${index} </thinking>` } : {}),
      }))
      const text = JSON.stringify([user('first'), ...messages])
      const chat = chatOf(importText(text))
      const all = JSON.stringify([chat.instructions, saidIn(chat)])
      for (const index of messages.keys()) expect(all, `seed ${seed}`).toContain(`text${index}`)
    }
  })
})

describe('a file that cannot be imported', () => {
  test.each([
    ['', /empty/],
    [' \n', /empty/],
    ['[]', /no chats/],
    ['{"format":"second-thought-chats","version":1,"chats":[]}', /no chats/],
    ['# Notes', /not JSON/],
    ['[{"role":"user","content":"cut o', /not JSON, or it was cut off/],
    ['[\n  {"role":"user","content":"cut off"}\n', /not JSON, or it was cut off/],
    ['7', /neither/],
    ['null', /neither/],
    ['{"name":"package"}', /neither/],
    ['[1, 2]', /neither/],
    ['{"a":1}\n{"b":2}', /neither/],
    ['{"messages":[]}', /no message/],
    ['{"__proto__":{"messages":[{"role":"user","content":"x"}]}}', /neither/],
    ['[{"role":"tool","content":"x"}]', /Left out: message of the role "tool" \(1\)/],
  ])('says why: %j', (text, why) => {
    const error = failureOf(text)
    expect(error.code).toBe('import-invalid')
    expect(error.message).toMatch(why)
  })

  test.each([
    ['lists in lists', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['objects in objects', '{"messages":'.repeat(200_000) + '[]' + '}'.repeat(200_000)],
    [
      'a chat of ours',
      `{"format":"second-thought-chats","version":1,"chats":[{"id":"x","nodes":${'['.repeat(200_000)}${']'.repeat(200_000)}}]}`,
    ],
  ])('is nested deeper than anyone writes: %s', (_, text) => {
    expect(failureOf(text).code).toBe('import-invalid')
  })

  test('with content that is nested deeper than anyone writes comes in without it, which is told', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const { conversations, skipped } = importText(`[{"role":"user","content":"x"},{"role":"user","content":${deep}}]`)
    expect(conversations).toHaveLength(1)
    expect(skipped).toMatchObject([{ what: 'part' }])
  })

  test('holds a list that is too long', () => {
    const messages = Array.from({ length: 100_001 }, () => user('x'))
    expect(failureOf(JSON.stringify(messages)).message).toMatch(/100001 messages; at most 100000/)
  })
})
