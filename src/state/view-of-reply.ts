import type { ReplyNode } from '../core/chat/conversation.ts'
import { readBeginning, readReply } from '../core/reply/read-reply.ts'
import type { ChatSession } from './chat-session.ts'
import { NO_COST, type ReplyView } from './reply-view.ts'
import { createStreamingReply } from './streaming-reply.ts'

/** Of replies that no run writes; reading one anew takes time. */
const stored = new WeakMap<ReplyNode, ReplyView>()

/**
 * The view of a reply of the shown conversation: as a run writes it, or of what is stored. Apart from the session, as the parser that it
 * takes is no part of the page's first load.
 */
export function viewOf({ views }: Pick<ChatSession, 'views'>, node: ReplyNode): ReplyView {
  const known = views.get().get(node.id) ?? stored.get(node)
  if (known !== undefined) return known
  const view = node.status === 'streaming' ? createStreamingReply(node, readBeginning(node)).view : viewOfReply(node)
  stored.set(node, view)
  return view
}

/** The view of a reply that nothing writes now. */
function viewOfReply(reply: ReplyNode): ReplyView {
  const { checkpoints = [], forced = [], usage } = reply
  return {
    ...readReply(reply),
    finishReason: reply.finishReason ?? 'stop',
    costSoFar: checkpoints.at(-1) ?? (usage && { tokens: usage.tokens, elapsedMs: usage.totalMs }) ?? NO_COST,
    checkpoints,
    forced,
    ...(usage === undefined ? {} : { usage }),
  }
}
