import { expect } from 'vitest'
import { conversationProblem } from '../../../../../src/core/chat/conversation-problem.ts'
import type { Conversation } from '../../../../../src/core/chat/conversation.ts'

/** Expects that a value is a conversation that can be stored and read. @returns The value itself. */
export function expectConversation(value: unknown): Conversation {
  expect(conversationProblem(value)).toBeUndefined()
  return value as Conversation
}
