import { ROOT, type Conversation, type ConversationNode, type ReplyNode } from './conversation.ts'

/**
 * Two versions of one chat as one, in which every node of either is found. Of two versions of a reply the longer one stays; of two of
 * the same length the one that says more about its end; else `mine`. Where both say which child is shown, `mine` does.
 * @param writing - Id of the reply that is being written here: it stays as it is in `mine`.
 * @param base - What `mine` was made from, so that a name or instructions that were changed only in `stored` are taken from there; absent
 * when that is not known.
 * @returns `mine` itself when `stored` adds nothing.
 */
export function mergeConversations(
  mine: Conversation,
  stored: Conversation,
  writing?: string,
  base?: { readonly title?: string | undefined; readonly instructions?: string | undefined },
): Conversation {
  const others = new Map(stored.nodes.map((node) => [node.id, node]))
  const own = mine.nodes.map((node) => (node.id === writing ? node : furtherOf(node, others.get(node.id))))
  const known = new Set(mine.nodes.map(({ id }) => id))
  const added = stored.nodes.filter(({ id }) => !known.has(id))
  const title = changedOf(mine.title, stored.title, base && { value: base.title })
  const instructions = changedOf(mine.instructions, stored.instructions, base && { value: base.instructions })
  const isAllMine = added.length === 0 && own.every((node, index) => node === mine.nodes[index])
  if (isAllMine && title === mine.title && instructions === mine.instructions) return mine
  const nodes = interleave(own, added)
  return {
    schema: 1,
    id: mine.id,
    createdAt: mine.createdAt,
    ...(title === undefined ? {} : { title }),
    ...(instructions === undefined ? {} : { instructions }),
    nodes,
    chosen: chooseChildren(nodes, [mine.chosen, stored.chosen]),
  }
}

/** How much a status says about the end of a reply: a page that only read it may hold it as streaming, or as interrupted. */
const FINALITY: Readonly<Record<ReplyNode['status'], number>> = { streaming: 0, interrupted: 1, failed: 1, complete: 2 }

function furtherOf(mine: ConversationNode, other: ConversationNode | undefined): ConversationNode {
  if (mine.role === 'user' || other === undefined || other.role === 'user') return mine
  const lead = other.content.length - mine.content.length || FINALITY[other.status] - FINALITY[mine.status]
  return lead > 0 ? { ...other, parentId: mine.parentId } : mine
}

function changedOf(
  mine: string | undefined,
  stored: string | undefined,
  base: { readonly value: string | undefined } | undefined,
): string | undefined {
  if (base === undefined) return mine ?? stored
  return mine === base.value ? stored : mine
}

/** Puts nodes among others by the time of their making. Both lists keep their order, and no node comes before its parent. */
function interleave(own: readonly ConversationNode[], added: readonly ConversationNode[]): ConversationNode[] {
  const placed = new Map<string, ConversationNode>()
  const place = (node: ConversationNode) => placed.set(node.id, underFittingParent(node, placed))
  const waiting = added.values()
  let next = waiting.next()
  for (const node of own) {
    while (!next.done && next.value.createdAt < node.createdAt && hasParentIn(placed, next.value)) {
      place(next.value)
      next = waiting.next()
    }
    place(node)
  }
  for (; !next.done; next = waiting.next()) place(next.value)
  return [...placed.values()]
}

function hasParentIn(placed: ReadonlyMap<string, ConversationNode>, { parentId }: ConversationNode): boolean {
  return parentId === null || placed.has(parentId)
}

/**
 * Two chats that someone edited outside this page may give one id to a message and to a reply. What hangs below such a node goes to the
 * parent of that node, whose role is right by construction.
 */
function underFittingParent(node: ConversationNode, placed: ReadonlyMap<string, ConversationNode>): ConversationNode {
  const parent = node.parentId === null ? undefined : placed.get(node.parentId)
  if (parent === undefined || parent.role !== node.role) return node
  if (node.role === 'user') return { ...node, parentId: parent.parentId }
  return parent.parentId === null ? node : { ...node, parentId: parent.parentId }
}

/** For each parent the child that the first of `choices` names that names one of its children; else its youngest. */
function chooseChildren(
  nodes: readonly ConversationNode[],
  choices: readonly Conversation['chosen'][],
): Conversation['chosen'] {
  const children = new Map<string, Set<string>>()
  for (const { id, parentId } of nodes) {
    const siblings = children.get(parentId ?? ROOT)
    if (siblings === undefined) children.set(parentId ?? ROOT, new Set([id]))
    else siblings.add(id)
  }
  const chosen = [...children].map(([parent, ids]): [string, string] => {
    const named = choices.map((choice) => (Object.hasOwn(choice, parent) ? choice[parent] : undefined))
    const valid = named.find((id) => id !== undefined && ids.has(id))
    return [parent, valid ?? [...ids].at(-1) ?? parent]
  })
  return Object.fromEntries(chosen)
}
