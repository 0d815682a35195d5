import type { Conversation, ReplyNode } from '../../core/chat/conversation.ts'

/** The replies of a chat that are being written, by this page or by others, or that a page left behind in mid-stream. */
export function streamingReplies({ nodes }: Conversation): ReplyNode[] {
  return nodes.filter((node) => node.role === 'assistant').filter(({ status }) => status === 'streaming')
}
