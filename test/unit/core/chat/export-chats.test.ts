import { describe, expect, test } from 'vitest'
import { exportChats } from '../../../../src/core/chat/export-chats.ts'
import {
  addReply,
  addUserMessage,
  createConversation,
  finishReply,
  regenerateReply,
  type Conversation,
} from '../../../../src/core/chat/conversation.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

const exportedAt = Date.UTC(2026, 10, 21, 10, 30)
const author = { modelId: 'reflection-tiny', revision: 'v1' }
const asked = addUserMessage(createConversation({ id: 'c', createdAt: 0 }), 'How many?', { id: 'q1', createdAt: 1000 })

function reply(conversation: Conversation, id: string, content: string): Conversation {
  return appendToReply(addReply(conversation, author, { id, createdAt: 2000 }), id, content)
}

function exported(conversation: Conversation) {
  const [chat] = exportChats([conversation], { exportedAt }).chats
  if (chat === undefined) throw new Error('Nothing was exported.')
  return chat
}

describe('an export of chats', () => {
  test('says what it is and when it was made', () => {
    expect(exportChats([], { exportedAt })).toEqual({
      format: 'second-thought-chats',
      version: 1,
      exportedAt: '2026-11-21T10:30:00.000Z',
      chats: [],
    })
  })

  test('has the channels of a reply beside what the model wrote', () => {
    const content = '<thinking>Three.<reflection>No: four.</reflection>Four.</thinking><output>**4**</output>'
    const written = finishReply(reply(asked, 'a1', content), 'a1', { status: 'interrupted' })
    expect(exported(written).nodes[1]).toEqual({
      id: 'a1',
      parentId: 'q1',
      role: 'assistant',
      content,
      createdAt: 2000,
      time: '1970-01-01T00:00:02.000Z',
      status: 'interrupted',
      ...author,
      channels: { thinking: 'Three.\nFour.', reflections: ['No: four.'], output: '**4**' },
      reasoning_content: 'Three.\n<reflection>\nNo: four.\n</reflection>\nFour.',
    })
  })

  test('has the current branch as other programs know conversations', () => {
    const first = finishReply(reply(asked, 'a1', '<output>3</output>'), 'a1', { status: 'interrupted' })
    const again = regenerateReply(first, 'a1', author, { id: 'a2', createdAt: 3000 })
    const content = '<thinking>Four.</thinking><output>4</output>'
    const second = { ...appendToReply(again, 'a2', content), instructions: 'Be brief.' }
    expect(exported(second).messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'How many?' },
      { role: 'assistant', content: '4', reasoning_content: 'Four.' },
    ])
  })

  test('reads a reply by its own grammar', () => {
    const grammar = { dialect: DIALECTS.think, start: 'thinking' } as const
    const begun = addReply(asked, { ...author, grammar }, { id: 'a1', createdAt: 0 })
    const chat = exported(appendToReply(begun, 'a1', 'Four.</think>4'))
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: '4', reasoning_content: 'Four.' })
  })

  test('has replies that are being written as interrupted, and leaves empty ones out of the messages', () => {
    const chat = exported(reply(asked, 'a1', ''))
    expect(chat.nodes[1]).toMatchObject({ status: 'interrupted', content: '' })
    expect(chat.messages).toHaveLength(1)
  })

  test('says when a chat was last updated, where that is known', () => {
    const chats = ['c', 'd'].map((id) => createConversation({ id, createdAt: 0 }))
    const file = exportChats(chats, { exportedAt, updatedAt: new Map([['d', 5000]]) })
    expect(file.chats.map((chat) => [chat.id, chat.updatedAt])).toEqual([
      ['c', undefined],
      ['d', 5000],
    ])
    expect(file.chats[0]).not.toHaveProperty('updatedAt')
  })

  test('leaves a time out that is none', () => {
    expect(exported(createConversation({ id: 'c', createdAt: 1e300 }))).not.toHaveProperty('time')
  })
})
