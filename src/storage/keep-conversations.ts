import { fields, oneOf, problemsOf, text } from '../core/check-data.ts'
import type { ChatSummary, ConversationStore, StoreChange, UnreadableRecord } from '../core/chat/conversation-store.ts'
import type { Conversation } from '../core/chat/conversation.ts'
import { mergeConversations } from '../core/chat/merge-conversations.ts'
import {
  CHAT_PREFIX,
  chatKey,
  deleteChat,
  grownReplies,
  parseSummary,
  putChat,
  putReplies,
  putSummary,
  readChat,
  readReplies,
  SUMMARY_PREFIX,
  summaryKey,
  type Reading,
} from './chat-records.ts'
import type { PageChannel } from './page-channel.ts'
import type { RecordTable, Records } from './records.ts'
import type { ReplyClaims } from './reply-claims.ts'
import { deleteUnreadable, listUnreadable, moveUnreadable, readUnreadable } from './unreadable-records.ts'

/** What this page knows of a chat as it is stored. */
interface KnownChat {
  readonly version: number
  readonly title: string | undefined
  readonly instructions: string | undefined
}

/** How long `all` goes on before it lets the page do something else, milliseconds. */
const LONGEST_TURN_MS = 8

/** Makes a store of chats over records, claims on replies, and a channel to the other pages. Each call acts as one page. */
export function keepConversations(records: Records, claims: ReplyClaims, channel: PageChannel): ConversationStore {
  const known = new Map<string, KnownChat>()

  function note(version: number, { id, title, instructions }: Conversation): void {
    if (version > (known.get(id)?.version ?? -1)) known.set(id, { version, title, instructions })
  }

  function announce(change: StoreChange): void {
    channel.post(change)
  }

  /** Reads; only where something cannot be read, reads again in a transaction that puts it aside. */
  async function read<Value>(work: (table: RecordTable) => Promise<Reading<Value>>): Promise<Value> {
    const { value, broken } = await records.transact('readonly', work)
    return broken.length === 0 ? value : records.transact('readwrite', (table) => settle(table, work(table)))
  }

  async function list(): Promise<ChatSummary[]> {
    const { ids, summaries } = await records.transact('readonly', async (table) => {
      const [keys, entries] = await Promise.all([table.keys(CHAT_PREFIX), table.entries(SUMMARY_PREFIX)])
      return { ids: keys.map((key) => key.slice(CHAT_PREFIX.length)), summaries: new Map(entries) }
    })
    const found: ChatSummary[] = []
    for (const id of ids) {
      const summary = parseSummary(summaries.get(summaryKey(id)), id) ?? (await rebuildSummary(id))
      if (summary !== undefined) found.push(summary)
    }
    return found.toSorted((one, other) => other.updatedAt - one.updatedAt || other.createdAt - one.createdAt)
  }

  /** Undefined where the chat is gone or cannot be read. */
  function rebuildSummary(chatId: string): Promise<ChatSummary | undefined> {
    return records.transact('readwrite', async (table) => {
      const chat = await settle(table, readChat(table, chatId))
      if (chat === undefined) return undefined
      const { createdAt, nodes } = chat.conversation
      putSummary(
        table,
        chat.conversation,
        nodes.reduce((latest, node) => Math.max(latest, node.createdAt), createdAt),
      )
      return parseSummary(await table.get(summaryKey(chatId)), chatId)
    })
  }

  return {
    list,

    async get(chatId) {
      const chat = await read((table) => readChat(table, chatId))
      if (chat === undefined) return undefined
      note(chat.version, chat.conversation)
      return chat.conversation
    },

    async *all() {
      let since = performance.now()
      for (const { id } of await list()) {
        // Not noted as known: whoever goes through all chats does not hold this one as the version to change.
        const chat = await read((table) => readChat(table, id))
        if (performance.now() - since > LONGEST_TURN_MS) {
          await nextTask()
          since = performance.now()
        }
        if (chat !== undefined) yield chat.conversation
      }
    },

    async save(conversation) {
      const { id } = conversation
      // As of now: what is read while this call waits for its transaction is news to the one who called it.
      const base = known.get(id)
      const { version, saved } = await records.transact('readwrite', async (table) => {
        const chat = await settle(table, readChat(table, id))
        const [replies, summary] = await Promise.all([settle(table, readReplies(table, id)), table.get(summaryKey(id))])
        const isBase = chat === undefined || chat.version === base?.version
        const result = isBase ? conversation : mergeConversations(conversation, chat.conversation, undefined, base)
        // Numbers of a chat that was deleted and saved again do not begin anew, because they follow the clock.
        const next = Math.max(Date.now(), (chat?.version ?? 0) + 1)
        putChat(table, { version: next, conversation: result })
        putReplies(table, id, grownReplies(result, replies))
        const last = parseSummary(summary, id)?.updatedAt
        const isNews = last === undefined || chat === undefined || saysMore(result, chat.conversation)
        putSummary(table, result, isNews ? Date.now() : last)
        return { version: next, saved: result }
      })
      note(version, saved)
      announce({ chatId: id, type: 'saved' })
      return saved
    },

    async saveReply(chatId, reply) {
      const isSaved = await records.transact('readwrite', async (table) => {
        if (!(await table.has(chatKey(chatId)))) return false
        const replies = await settle(table, readReplies(table, chatId))
        putReplies(table, chatId, [...replies.filter(({ id }) => id !== reply.id), reply])
        return true
      })
      if (isSaved) announce({ chatId, type: 'reply-saved' })
    },

    async delete(chatId) {
      await records.transact('readwrite', async (table) => deleteChat(table, chatId))
      known.delete(chatId)
      announce({ chatId, type: 'deleted' })
    },

    subscribe: (listener) =>
      channel.subscribe((message) => {
        if (isStoreChange(message)) listener(message)
      }),

    claim: (replyId) => claims.claim(replyId),
    isClaimed: (replyId) => claims.isClaimed(replyId),

    async unreadable() {
      const found = await records.transact('readonly', listUnreadable)
      return found.map(withChat)
    },
    readUnreadable: (key) => records.transact('readonly', (table) => readUnreadable(table, key)),
    deleteUnreadable: (key) => records.transact('readwrite', async (table) => deleteUnreadable(table, key)),
  }
}

/** Puts aside what could not be read; the summary of a chat that is gone with it can be made anew from the chat. */
async function settle<Value>(table: RecordTable, reading: Promise<Reading<Value>>): Promise<Value> {
  const { value, broken } = await reading
  await moveUnreadable(table, broken)
  for (const { key } of broken) {
    if (key.startsWith(CHAT_PREFIX)) table.delete(summaryKey(key.slice(CHAT_PREFIX.length)))
  }
  return value
}

/** Names the chat that a record was, by the key under which it is kept. */
function withChat(record: UnreadableRecord): UnreadableRecord {
  const [, chatId] = /^chat:(.+):\d+$/.exec(record.key) ?? []
  return chatId === undefined ? record : { ...record, chatId }
}

/** Whether there is something in `after` that was not in `before`; another choice of branches, or how a reply ended, is not. */
function saysMore(after: Conversation, before: Conversation): boolean {
  if (after.title !== before.title || after.instructions !== before.instructions) return true
  const contents = new Map(before.nodes.map(({ id, content }) => [id, content]))
  return after.nodes.some(({ id, content }) => contents.get(id) !== content)
}

const CHANGE = fields<StoreChange>({ chatId: text(), type: oneOf(['saved', 'reply-saved', 'deleted']) })

function isStoreChange(message: unknown): message is StoreChange {
  return problemsOf(message, CHANGE).length === 0
}

/** Lets the page draw and take input. Not by a timer, which waits for a second in a page that is not seen. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })
}
