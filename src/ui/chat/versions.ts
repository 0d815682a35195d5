import { ROOT, type Conversation, type ConversationNode } from '../../core/chat/conversation.ts'

const known = new WeakMap<Conversation, ReadonlyMap<string, readonly string[]>>()

/** Ids of a message and of all that can be shown in its place, oldest first. */
export function versionsOf(conversation: Conversation, { parentId }: ConversationNode): readonly string[] {
  let byParent = known.get(conversation)
  if (byParent === undefined) known.set(conversation, (byParent = childrenIn(conversation)))
  return byParent.get(parentId ?? ROOT) ?? []
}

/** Worked out once for each state of a chat, as a chat may have thousands of messages. */
function childrenIn({ nodes }: Conversation): ReadonlyMap<string, readonly string[]> {
  const byParent = new Map<string, string[]>()
  for (const { id, parentId } of nodes) {
    const children = byParent.get(parentId ?? ROOT)
    if (children === undefined) byParent.set(parentId ?? ROOT, [id])
    else children.push(id)
  }
  return byParent
}
