/** Reads a file of chats beside the page, which would stand still for seconds: parses, checks, and gives them out in small batches. */
import type { Conversation } from '../core/chat/conversation.ts'
import { importChats } from '../core/chat/import-chats.ts'
import { ReflectionError } from '../core/errors.ts'
import { randomId } from '../core/random-id.ts'
import type { ImportAnswer, ImportQuestion } from './chat-import-messages.ts'

/** Of the texts of a batch, characters; a batch has one chat at least. The page has to take it in within a task. */
const BATCH_LENGTH = 200_000

let left: readonly Conversation[] = []

async function read({ file, now, known }: Extract<ImportQuestion, { type: 'read' }>): Promise<ImportAnswer> {
  let text: string
  try {
    text = await file.text()
  } catch {
    return { type: 'unreadable' }
  }
  try {
    const options = { now, newId: randomId, isKnown: (id: string) => known.has(id) }
    const { conversations, updatedAt, skipped } = importChats(text, options)
    left = conversations
    return { type: 'found', total: conversations.length, updatedAt, skipped }
  } catch (error) {
    const { code, message } = ReflectionError.from(error)
    return { type: 'failed', code, message }
  }
}

function nextBatch(): ImportAnswer {
  let count = 0
  for (let length = 0; count < left.length && (count === 0 || length < BATCH_LENGTH); count++) {
    length += left[count]?.nodes.reduce((sum, { content }) => sum + content.length, 1000) ?? 0
  }
  const conversations = left.slice(0, count)
  left = left.slice(count)
  return { type: 'batch', conversations }
}

addEventListener('message', async ({ data }: MessageEvent<ImportQuestion>) => {
  const answer: ImportAnswer = data.type === 'read' ? await read(data) : nextBatch()
  postMessage(answer)
})
