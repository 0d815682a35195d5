import { expect, test } from 'vitest'
import type { Conversation, ConversationNode } from '../../src/core/chat/conversation.ts'
import { openIndexedRecords } from '../../src/storage/indexed-records.ts'
import { openConversationStore } from '../../src/storage/open-conversation-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { replyOf } from '../unit/storage/support/conversation-store-contract.ts'

/*
 * How storage does with as much as a diligent user has. The times are printed, not judged, as they depend on the machine; what must hold
 * on every machine is: nothing is missing, and the page gets its turn between chats.
 */

const CHATS = 500
const SENTENCE = 'The sum of the first hundred numbers is 5050, because there are fifty pairs of 101. '

/** A chat of pairs of questions and replies: about 100 and 1,000 characters each. */
function createChat(id: string, messages: number): Conversation {
  const nodes = Array.from({ length: messages }, (_, index): ConversationNode => {
    const about = { id: `${id}-${index}`, createdAt: 1000 + index }
    if (index % 2 === 0) {
      const parentId = index === 0 ? null : `${id}-${index - 1}`
      return { ...about, parentId, role: 'user', content: `${index}. ${SENTENCE}` }
    }
    const written = { content: SENTENCE.repeat(12), status: 'complete', modelId: 'tiny', revision: 'v1' } as const
    return { ...about, parentId: `${id}-${index - 1}`, role: 'assistant', ...written }
  })
  const chosen = Object.fromEntries(nodes.map((node) => [node.parentId ?? '', node.id]))
  return { schema: 1, id, createdAt: 1000, nodes, chosen }
}

async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; ms: number }> {
  const start = performance.now()
  const value = await work()
  return { value, ms: performance.now() - start }
}

/** Does something while tasks of the page stand in line: how many of them had their turn, and how long one waited at most. */
async function beside<Value>(work: () => Promise<Value>) {
  let turns = 0
  let longestMs = 0
  let last = performance.now()
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener('message', () => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
    turns += 1
    port2.postMessage(undefined)
  })
  port1.start()
  port2.postMessage(undefined)
  const { value, ms } = await timed(work)
  port1.close()
  return { value, ms, turns, longestMs }
}

const round = (value: number) => Math.round(value * 10) / 10
const spread = (values: number[]) => {
  const sorted = values.toSorted((one, other) => one - other)
  return `${round(sorted[Math.floor(sorted.length / 2)] ?? NaN)} ms (${round(sorted[0] ?? NaN)} to ${round(sorted.at(-1) ?? NaN)})`
}

test(`${CHATS} chats of 20 messages`, async () => {
  const name = `chats-${crypto.randomUUID()}`
  const writer = openConversationStore(openIndexedRecords(openDatabase(name)))
  for (let index = 0; index < CHATS; index++) await writer.save(createChat(`chat-${index}`, 20))
  const cold = openConversationStore(openIndexedRecords(openDatabase(name)))
  const first = await timed(() => cold.list())
  const again = await timed(() => cold.list())
  const all = await beside(async () => {
    let count = 0
    for await (const chat of cold.all()) count += chat.nodes.length
    return count
  })
  console.log(`list ${CHATS} chats: ${round(first.ms)} ms at first, ${round(again.ms)} ms then`)
  console.log(
    `read all: ${round(all.ms)} ms, longest wait of the page ${round(all.longestMs)} ms in ${all.turns} turns`,
  )
  expect(first.value).toHaveLength(CHATS)
  expect(all.value).toBe(CHATS * 20)
  expect(all.turns).toBeGreaterThan(CHATS / 5)
})

test('a chat of 2,000 messages', async () => {
  const store = openConversationStore(openIndexedRecords(openDatabase(`chats-${crypto.randomUUID()}`)))
  const done = createChat('long', 2000)
  const reply = { ...replyOf(done, 'long-1999'), status: 'streaming' as const, content: '' }
  const chat = { ...done, nodes: [...done.nodes.slice(0, -1), reply] }
  const saves: number[] = []
  const replies: number[] = []
  const reads: number[] = []
  for (let run = 0; run < 10; run++) saves.push((await timed(() => store.save(chat))).ms)
  for (let run = 1; run <= 100; run++) {
    const grown = { ...reply, content: SENTENCE.repeat(run) }
    replies.push((await timed(() => store.saveReply('long', grown))).ms)
  }
  for (let run = 0; run < 10; run++) reads.push((await timed(() => store.get('long'))).ms)
  console.log(`2,000 messages: save ${spread(saves)}, save a growing reply ${spread(replies)}, read ${spread(reads)}`)
  expect(replyOf(await store.get('long'), 'long-1999').content).toBe(SENTENCE.repeat(100))
})
