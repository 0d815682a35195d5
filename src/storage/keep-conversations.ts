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
import { newerPage } from './storage-error.ts'
import {
  deleteUnreadable,
  keysBeside,
  listUnreadable,
  moveUnreadable,
  readUnreadable,
  toJson,
  type BrokenRecord,
} from './unreadable-records.ts'

/** What this page knows of a chat as it is stored. */
interface KnownChat {
  readonly version: number
  readonly title: string | undefined
  readonly instructions: string | undefined
}

/** How long `all` goes on before it lets the page do something else, milliseconds. */
const LONGEST_TURN_MS = 8

/** How far a chat may be ahead of the clock for the next one to be put after it, milliseconds: clocks that were wrong by more were corrected. */
const MOST_AHEAD_MS = 86_400_000

/**
 * Makes a store of chats over records, claims on replies, and a channel to the other pages. Each call acts as one page.
 * @param onCleared - Subscribes to the deletion of all records. Default: that never happens.
 */
export function keepConversations(
  records: Records,
  claims: ReplyClaims,
  channel: PageChannel,
  onCleared: ConversationStore['onCleared'] = () => () => undefined,
): ConversationStore {
  const known = new Map<string, KnownChat>()
  const newer = new Map<string, UnreadableRecord>() // records of a newer version of the page
  let latest = 0 // of all updates that this page knows of
  let hasTaken = false // what an older version kept beside

  function note(version: number, { id, title, instructions }: Conversation): void {
    if (version > (known.get(id)?.version ?? -1)) known.set(id, { version, title, instructions })
  }

  function announce(change: StoreChange): void {
    channel.post(change)
  }

  function noteNewer(broken: readonly BrokenRecord[]): void {
    for (const { key, reason, isNewer } of broken) {
      if (isNewer !== true || !key.startsWith(CHAT_PREFIX)) continue
      const { foundAt = Date.now() } = newer.get(key) ?? {}
      newer.set(key, { key, chatId: key.slice(CHAT_PREFIX.length), foundAt, reason, isNewer })
    }
  }

  /** Puts aside what could not be read; the summary of a chat that is gone with it can be made anew from the chat. */
  async function settle<Value>(table: RecordTable, reading: Promise<Reading<Value>>): Promise<Value> {
    const { value, broken } = await reading
    noteNewer(broken)
    await moveUnreadable(table, broken)
    for (const { key, isNewer } of broken) {
      if (isNewer !== true && key.startsWith(CHAT_PREFIX)) table.delete(summaryKey(key.slice(CHAT_PREFIX.length)))
    }
    return value
  }

  /** Reads; only where something cannot be read, reads again in a transaction that puts it aside. */
  async function read<Value>(work: (table: RecordTable) => Promise<Reading<Value>>): Promise<Value> {
    const { value, broken } = await records.transact('readonly', work)
    noteNewer(broken)
    return broken.every(({ isNewer }) => isNewer === true)
      ? value
      : records.transact('readwrite', (table) => settle(table, work(table)))
  }

  /** The time for an update: clocks are set back, and the last updated chat shall stay the first all the same. */
  function updateTime(): number {
    const now = Date.now()
    const isAhead = latest >= now && latest < now + MOST_AHEAD_MS
    latest = isAhead ? latest + 1 : now
    return latest
  }

  async function list(): Promise<ChatSummary[]> {
    if (!hasTaken) {
      const isSomeBeside = await records.transact('readonly', async (table) => (await keysBeside(table)).length > 0)
      if (isSomeBeside) {
        const part = await importBeside()
        if (part !== undefined) await records.transact('readwrite', part.takeChatsBeside)
      }
      hasTaken = true
    }
    const { ids, summaries } = await records.transact('readonly', async (table) => {
      const [keys, entries] = await Promise.all([table.keys(CHAT_PREFIX), table.entries(SUMMARY_PREFIX)])
      return { ids: keys.map((key) => key.slice(CHAT_PREFIX.length)), summaries: new Map(entries) }
    })
    const found: ChatSummary[] = []
    for (const id of ids) {
      const summary = parseSummary(summaries.get(summaryKey(id)), id) ?? (await rebuildSummary(id))
      if (summary !== undefined) found.push(summary)
    }
    latest = found.reduce((most, { updatedAt }) => Math.max(most, updatedAt), latest)
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
        nodes.reduce((most, node) => Math.max(most, node.createdAt), createdAt),
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

    async save(conversation, updatedAt) {
      const { id } = conversation
      // As of now: what is read while this call waits for its transaction is news to the one who called it.
      const base = known.get(id)
      const result = await records.transact('readwrite', async (table) => {
        const reading = await readChat(table, id)
        if (reading.broken.some(({ isNewer }) => isNewer === true)) {
          noteNewer(reading.broken)
          return undefined
        }
        const chat = await settle(table, Promise.resolve(reading))
        const [replies, summary] = await Promise.all([settle(table, readReplies(table, id)), table.get(summaryKey(id))])
        const isBase = chat === undefined || chat.version === base?.version
        const merged = isBase ? conversation : mergeConversations(conversation, chat.conversation, undefined, base)
        // Numbers of a chat that was deleted and saved again do not begin anew, because they follow the clock.
        const next = Math.max(Date.now(), (chat?.version ?? 0) + 1)
        putChat(table, { version: next, conversation: merged })
        putReplies(table, id, grownReplies(merged, replies))
        const last = parseSummary(summary, id)?.updatedAt
        const isNews = last === undefined || chat === undefined || saysMore(merged, chat.conversation)
        putSummary(table, merged, isNews ? (updatedAt ?? updateTime()) : last)
        return { version: next, saved: merged }
      })
      if (result === undefined) {
        const part = await importBeside()
        await records.transact('readwrite', async (table) => part?.putChatBeside(table, conversation))
        throw newerPage()
      }
      const { version, saved } = result
      note(version, saved)
      announce({ chatId: id, type: 'saved' })
      return saved
    },

    async saveReply(chatId, reply) {
      const isSaved = await records.transact('readwrite', async (table) => {
        if (!(await table.has(chatKey(chatId)))) return false
        const reading = await readReplies(table, chatId)
        if (reading.broken.some(({ isNewer }) => isNewer === true)) return false // `save` knows what to do
        const replies = await settle(table, Promise.resolve(reading))
        putReplies(table, chatId, [...replies.filter(({ id }) => id !== reply.id), reply])
        return true
      })
      if (isSaved) announce({ chatId, type: 'reply-saved' })
      return isSaved
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

    onCleared,

    claim: (replyId) => claims.claim(replyId),
    isClaimed: (replyId) => claims.isClaimed(replyId),

    async unreadable() {
      return records.transact('readonly', async (table) => {
        const aside = await listUnreadable(table)
        for (const key of newer.keys()) if (!(await table.has(key))) newer.delete(key)
        return [...aside.map(withChat), ...newer.values()].toSorted((one, other) => one.foundAt - other.foundAt)
      })
    },
    readUnreadable: (key) =>
      records.transact('readonly', async (table) =>
        newer.has(key) ? toJson(await table.get(key)) : readUnreadable(table, key),
      ),
    deleteUnreadable: (key) => records.transact('readwrite', async (table) => deleteUnreadable(table, key)),
  }
}

/** Hardly anyone ever needs it. Undefined where it cannot be fetched: what waits, waits on. */
function importBeside() {
  return import('./chats-beside.ts').catch(() => undefined)
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
