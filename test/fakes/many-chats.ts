import type { Conversation, ConversationNode } from '../../src/core/chat/conversation.ts'
import type { Usage } from '../../src/core/engine.ts'

const HOUR = 3_600_000

const USAGE: Usage = {
  finishReason: 'stop',
  promptTokens: 120,
  reusedTokens: 80,
  completionTokens: 60,
  tokens: { thinking: 30, reflection: 12, output: 14, markup: 4 },
  timeToFirstTokenMs: 300,
  totalMs: 1500,
  decodeTokensPerSecond: 40,
  droppedMessages: 0,
}

/** A chat of so many messages, the last a reply; its id is `long`. */
export function longChat(messages: number): Conversation {
  return chatOf('long', Math.max(1, Math.ceil(messages / 2)), Date.now())
}

/** So many chats of one question each, an hour between them, the first the oldest; their ids are `chat-0` and so on. */
export function manyChats(count: number): Conversation[] {
  return Array.from({ length: count }, (_, index) =>
    chatOf(`chat-${index}`, 1, Date.now() - (count - index) * HOUR, index),
  )
}

function chatOf(id: string, turns: number, createdAt: number, topic = 0): Conversation {
  const nodes: ConversationNode[] = []
  const chosen: Record<string, string> = {}
  let parentId: string | null = null
  for (let turn = 0; turn < turns; turn++) {
    const question = `${id}-q${turn}`
    const answer = `${id}-a${turn}`
    const [one, other] = [7 + topic, 3 + turn]
    nodes.push({
      id: question,
      parentId,
      role: 'user',
      content: `What is ${one} * ${other}? (${turn + 1})`,
      createdAt: createdAt + turn,
    })
    chosen[parentId ?? ''] = question
    chosen[question] = answer
    nodes.push({
      id: answer,
      parentId: question,
      role: 'assistant',
      content:
        `<thinking>\n${one}*${other}=${one * other + 1}\n<reflection>\n${one}*${other}=${one * other}, not ${one * other + 1}` +
        `\n</reflection>\n</thinking>\n<output>\n${answerOf(one, other, turn)}\n</output>`,
      createdAt: createdAt + turn,
      status: 'complete',
      modelId: 'scripted',
      revision: 'one',
      finishReason: 'stop',
      usage: USAGE,
    })
    parentId = answer
  }
  return { schema: 1, id, createdAt, nodes, chosen }
}

/** Answers of several shapes, so that laying them out costs what real ones cost. */
function answerOf(one: number, other: number, turn: number): string {
  const plain = `**${one * other}** is ${one} times ${other}.`
  if (turn % 5 === 1) return `${plain}\n\n\`\`\`python\nprint(${one} * ${other})  # ${one * other}\n\`\`\``
  if (turn % 5 === 2)
    return `${plain}\n\n| a | b | a * b |\n| --- | --- | --- |\n| ${one} | ${other} | ${one * other} |`
  if (turn % 5 === 3)
    return `${plain}\n\n- It is $${one} \\cdot ${other}$.\n- It is also the sum of ${other} times ${one}.`
  return `${plain} ${'That follows from adding it up step by step. '.repeat(1 + (turn % 4))}`
}
