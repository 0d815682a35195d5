import { replaceReply, type Conversation } from '../../src/core/chat/conversation.ts'

/** A conversation in which a model wrote some more of a reply. @throws As `replaceReply`. */
export function appendToReply(conversation: Conversation, replyId: string, written: string): Conversation {
  const reply = conversation.nodes.find(({ id }) => id === replyId)
  if (reply?.role !== 'assistant') throw new Error(`There is no reply ${replyId}.`)
  return replaceReply(conversation, { ...reply, content: reply.content + written })
}
