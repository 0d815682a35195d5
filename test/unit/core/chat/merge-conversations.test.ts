import { describe, expect, test } from 'vitest'
import {
  addReply,
  addUserMessage,
  createConversation,
  currentPath,
  editUserMessage,
  finishReply,
  regenerateReply,
  renameConversation,
  resumeReply,
  selectBranch,
  type Conversation,
} from '../../../../src/core/chat/conversation.ts'
import { mergeConversations } from '../../../../src/core/chat/merge-conversations.ts'
import { createRandom, type Random } from '../tags/support/random.ts'
import { expectConversation } from './support/expect-conversation.ts'
import { generateConversation } from './support/generated-conversation.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

const AUTHOR = { modelId: 'tiny', revision: 'v1' }
const idsOf = ({ nodes }: Conversation) => nodes.map(({ id }) => id)
const contentOf = ({ nodes }: Conversation, id: string) => nodes.find((node) => node.id === id)?.content
const statusOf = ({ nodes }: Conversation, id: string) =>
  nodes.flatMap((node) => (node.id === id && node.role === 'assistant' ? [node.status] : []))[0]

/** A question and a reply that streams. */
function chat(): Conversation {
  const asked = addUserMessage(createConversation({ id: 'chat', createdAt: 0 }), 'How many?', { id: 'q', createdAt: 1 })
  return addReply(asked, AUTHOR, { id: 'a', createdAt: 2 })
}

const interrupt = (conversation: Conversation) => finishReply(conversation, 'a', { status: 'interrupted' })

describe('of two versions of a reply', () => {
  test('the longer one stays, whoever has it', () => {
    const short = appendToReply(chat(), 'a', 'One')
    const long = interrupt(appendToReply(chat(), 'a', 'One, two'))
    expect(contentOf(mergeConversations(short, long), 'a')).toBe('One, two')
    expect(mergeConversations(long, short)).toBe(long)
  })

  test('of the same length, one that has ended stays rather than one that streams', () => {
    const streaming = appendToReply(chat(), 'a', 'One')
    const ended = interrupt(streaming)
    expect(mergeConversations(streaming, ended)).toEqual(ended)
    expect(mergeConversations(ended, streaming)).toBe(ended)
  })

  test('the one that is written here stays as it is here', () => {
    const ended = interrupt(appendToReply(chat(), 'a', 'One'))
    const resumed = resumeReply(ended, 'a')
    expect(statusOf(mergeConversations(resumed, ended), 'a')).toBe('interrupted')
    expect(mergeConversations(resumed, ended, 'a')).toBe(resumed)
  })
})

describe('branches', () => {
  const common = interrupt(chat())

  test('of both are there, siblings oldest first, and mine is shown', () => {
    const mine = regenerateReply(common, 'a', AUTHOR, { id: 'mine', createdAt: 30 })
    const stored = regenerateReply(common, 'a', AUTHOR, { id: 'theirs', createdAt: 20 })
    const merged = mergeConversations(mine, stored)
    expect(idsOf(merged)).toEqual(['q', 'a', 'theirs', 'mine'])
    expect(currentPath(merged).map(({ id }) => id)).toEqual(['q', 'mine'])
  })

  test('that go on below the one that is shown here are shown as they were there', () => {
    const stored = addUserMessage(common, 'And then?', { id: 'next', createdAt: 20 })
    expect(mergeConversations(common, stored)).toEqual(stored)
  })

  test('keep a parent before its children though a clock went back', () => {
    const mine = editUserMessage(common, 'q', 'How much?', { id: 'mine', createdAt: 50 })
    const stored = addReply(editUserMessage(common, 'q', 'Why?', { id: 'theirs', createdAt: 60 }), AUTHOR, {
      id: 'early',
      createdAt: 1,
    })
    expect(idsOf(mergeConversations(mine, stored))).toEqual(['q', 'a', 'mine', 'theirs', 'early'])
  })
})

describe('the name', () => {
  const named = renameConversation(chat(), 'Old')

  test('is mine where both have one and nothing more is known', () => {
    expect(mergeConversations(named, renameConversation(named, 'New')).title).toBe('Old')
    expect(mergeConversations(chat(), named).title).toBe('Old')
  })

  test('is the one that was changed since both were the same', () => {
    expect(mergeConversations(named, renameConversation(named, 'New'), undefined, named).title).toBe('New')
    expect(mergeConversations(renameConversation(named, 'New'), named, undefined, named).title).toBe('New')
    expect(mergeConversations(renameConversation(named, ''), named, undefined, named)).not.toHaveProperty('title')
  })
})

describe.each(Array.from({ length: 300 }, (_, seed) => seed))('seed %i', (seed) => {
  const random = createRandom(seed)

  test('pages that went on from one chat lose nothing', () => {
    const common = generateConversation(random)
    const mine = goOn(common, 'm', random)
    const stored = goOn(common, 's', random)
    const merged = expectUnion(mine, stored)
    expect(expectConversation(merged)).toBe(merged)
    const fromTheirSide = mergeConversations(stored, mine)
    for (const { id, content } of merged.nodes) expect(contentOf(fromTheirSide, id)).toHaveLength(content.length)
    for (const [parent, child] of Object.entries(mine.chosen)) expect(merged.chosen[parent]).toBe(child)
  })

  test('even chats that have nothing in common but ids become one that can be read', () => {
    const merged = expectUnion(generateConversation(random), generateConversation(random))
    expect(expectConversation(merged)).toBe(merged)
  })
})

function expectUnion(mine: Conversation, stored: Conversation): Conversation {
  const merged = mergeConversations(mine, stored)
  const back = mergeConversations(stored, mine)
  expect(expectConversation(back)).toBe(back)
  expect(idsOf(merged).toSorted()).toEqual([...new Set([...idsOf(mine), ...idsOf(stored)])].toSorted())
  expect(idsOf(back).toSorted()).toEqual(idsOf(merged).toSorted())
  expect(idsOf(merged).filter((id) => idsOf(mine).includes(id))).toEqual(idsOf(mine))
  expect(mergeConversations(merged, merged)).toBe(merged)
  expect(mergeConversations(merged, mine)).toBe(merged)
  expect(mergeConversations(merged, stored)).toBe(merged)
  return merged
}

/** What a user may do to a chat in a while. */
function goOn(start: Conversation, prefix: string, random: Random): Conversation {
  let conversation = start
  for (let step = 0; step < 6; step++) {
    const stamp = { id: `${prefix}${step}`, createdAt: 2 ** 42 + step * 10 + random.below(20) }
    const node = conversation.nodes[random.below(conversation.nodes.length + 1)]
    const leaf = currentPath(conversation).at(-1)
    if (node?.role === 'user') conversation = editUserMessage(conversation, node.id, 'edited', stamp)
    else if (node !== undefined && random.below(3) === 0) conversation = selectBranch(conversation, node.id)
    else if (node !== undefined && random.below(2) === 0)
      conversation = write(regenerateReply(conversation, node.id, AUTHOR, stamp), stamp.id)
    else if (leaf?.role === 'user') conversation = write(addReply(conversation, AUTHOR, stamp), stamp.id)
    else conversation = write(continued(conversation, stamp), leaf?.id)
  }
  return conversation

  function continued(current: Conversation, stamp: { id: string; createdAt: number }): Conversation {
    const leaf = currentPath(current).at(-1)
    if (leaf === undefined || random.below(2) === 0) return addUserMessage(current, 'next', stamp)
    return resumeReply(current, leaf.id)
  }

  function write(current: Conversation, id: string | undefined): Conversation {
    if (id === undefined || statusOf(current, id) !== 'streaming') return current
    const written = appendToReply(current, id, 'x'.repeat(random.below(9)))
    return finishReply(written, id, { status: 'interrupted' })
  }
}
