import { atom, type ReadableAtom } from 'nanostores'
import {
  createConversation,
  finishReply,
  renameConversation,
  titleOf,
  type Conversation,
  type ReplyNode,
} from '../core/chat/conversation.ts'
import type { ChatSummary, ConversationStore, StoreChange, UnreadableRecord } from '../core/chat/conversation-store.ts'
import { mergeConversations } from '../core/chat/merge-conversations.ts'
import type { ChatMatch } from '../core/chat/search-chats.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ChatSession } from './chat-session.ts'

/** All chats, the last updated first. */
export interface ChatList {
  /** `reading` until they were read for the first time. */
  readonly status: 'reading' | 'ready'
  readonly chats: readonly ChatSummary[]
}

export interface DeletedChat {
  readonly conversation: Conversation
  readonly title: string
}

export interface SearchHit {
  readonly summary: ChatSummary
  readonly match: ChatMatch
}

/**
 * The chats of this device, of which the session shows one. What the session's conversation goes through is saved as it happens: a
 * change of its messages at once, a growing reply a few times a second.
 */
export interface ChatLibrary {
  readonly list: ReadableAtom<ChatList>
  /** Why storage failed the last time; absent while it works. What could not be saved is tried again with the next change. */
  readonly storageError: ReadableAtom<ReflectionError | undefined>
  /** The chat that was deleted last, as long as it can be brought back. */
  readonly deleted: ReadableAtom<DeletedChat | undefined>
  /** What was stored but could not be read, and was put aside. */
  readonly unreadable: ReadableAtom<readonly UnreadableRecord[]>
  /** Replies of the shown chat that another page writes at this moment. */
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  /** Reads the list. Never rejects: `storageError` says what is wrong. */
  start(): Promise<void>
  /** Shows a chat; replies that a page left in mid-stream are marked as interrupted. @returns Whether there is one. */
  open(chatId: string): Promise<boolean>
  /** Shows a new, empty chat, which is stored with its first message. */
  create(): void
  rename(chatId: string, title: string): Promise<void>
  /** Takes a chat away; the last one can be brought back until `forgetDeleted`. */
  delete(chatId: string): Promise<void>
  undoDelete(): Promise<void>
  forgetDeleted(): void
  /** Stores chats of an import, and shows the first. */
  add(conversations: readonly Conversation[]): Promise<void>
  /** Chats one by one with the changes that are not stored yet. */
  all(): AsyncIterable<Conversation>
  /** Chats in which all words occur, the last updated first, as they are found. */
  search(query: string, signal: AbortSignal): AsyncIterable<SearchHit>
  readUnreadable(key: string): Promise<string | undefined>
  deleteUnreadable(key: string): Promise<void>
  /** Saves what is not saved yet; resolves when it is, or when that failed. */
  flush(): Promise<void>
  /** Saves, and ends the links to session and store. */
  close(): Promise<void>
}

/** How often a growing reply is saved, milliseconds: what a crash can cost. */
const REPLY_INTERVAL_MS = 400

/** How often to look whether a reply is still written elsewhere, milliseconds. */
const WATCH_INTERVAL_MS = 2000

export function createChatLibrary(store: ConversationStore, session: ChatSession): ChatLibrary {
  const $list = atom<ChatList>({ status: 'reading', chats: [] })
  const $storageError = atom<ReflectionError | undefined>(undefined)
  const $deleted = atom<DeletedChat | undefined>(undefined)
  const $unreadable = atom<readonly UnreadableRecord[]>([])
  const $elsewhere = atom<ReadonlySet<string>>(new Set())

  let seen = session.conversation.get() // the last version that was looked at
  let saved: Conversation | undefined // the last version that is stored, if it is of this chat
  let dirty: 'no' | 'reply' | 'all' = 'no'
  let timer: ReturnType<typeof setTimeout> | undefined
  let work: Promise<void> = Promise.resolve() // store calls that change something, one after the other
  let opening = 0
  let watch: ReturnType<typeof setTimeout> | undefined

  /** Does something with the store after all that was asked of it before. */
  function enqueue(task: () => Promise<void>): Promise<void> {
    work = work.then(task).then(
      () => undefined,
      (error: unknown) => $storageError.set(ReflectionError.from(error, 'storage-unreadable')),
    )
    return work
  }

  /** Undefined where storage fails, which `storageError` tells. */
  async function attempt<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await ask()
    } catch (error) {
      $storageError.set(ReflectionError.from(error, 'storage-unreadable'))
      return undefined
    }
  }

  function onConversation(conversation: Conversation): void {
    const before = seen
    seen = conversation
    if (conversation === before || conversation === saved) return
    if (conversation.id !== before.id) {
      if (dirty !== 'no') saveNow(before)
      saved = undefined
      dirty = 'no'
      // A chat that was just opened is stored already; a new one has nothing to store.
      return
    }
    const onlyReply = dirty !== 'all' && isReplyGrowth(before, conversation)
    dirty = onlyReply ? 'reply' : 'all'
    if (onlyReply) timer ??= setTimeout(flush, REPLY_INTERVAL_MS)
    else {
      clearTimeout(timer)
      timer = setTimeout(flush, 0) // several changes of one moment are one
    }
  }

  function saveNow(conversation: Conversation): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const what = dirty
    dirty = 'no'
    if (what === 'no') return work
    return enqueue(async () => {
      try {
        // As it is now: what another page did may have come in since this was asked for.
        const newest = session.conversation.get().id === conversation.id ? session.conversation.get() : conversation
        const reply = what === 'reply' ? streamingReplies(newest).at(-1) : undefined
        if (reply !== undefined) await store.saveReply(newest.id, counted(reply))
        else await saveAll(newest)
        $storageError.set(undefined)
      } catch (error) {
        if (seen.id === conversation.id && dirty === 'no') dirty = 'all' // tried again with the next change
        throw error
      }
    })
  }

  /** A reply in mid-stream with how it stands, for those who find it without its run. */
  function counted(reply: ReplyNode): ReplyNode {
    const { standing } = session.viewOf(reply)
    const checkpoints = [...(reply.checkpoints ?? []), { at: reply.content.length, ...standing }]
    return { ...reply, checkpoints }
  }

  async function saveAll(conversation: Conversation): Promise<void> {
    if (conversation.nodes.length === 0) {
      await store.delete(conversation.id)
      setChats($list.get().chats.filter(({ id }) => id !== conversation.id))
      return
    }
    const stored = await store.save(conversation)
    note(stored, saved)
    if (session.conversation.get().id !== stored.id) return
    if (stored === conversation) {
      saved = stored
      return
    }
    const now = session.conversation.get()
    saved = now === conversation ? stored : merged(now, stored)
    session.change(() => saved ?? now)
  }

  /** What this page has and what is stored; the reply that this page writes stays as it is here. */
  function merged(here: Conversation, stored: Conversation): Conversation {
    return mergeConversations(here, stored, session.run.get()?.replyId, saved)
  }

  function flush(): Promise<void> {
    return saveNow(seen)
  }

  function setChats(chats: readonly ChatSummary[]): void {
    $list.set({ status: 'ready', chats })
  }

  /** Puts a chat that was just saved at the top of the list, unless only another branch of it is shown now. */
  function note(conversation: Conversation, before?: Conversation): void {
    const { id, createdAt, nodes, title } = conversation
    if (nodes === before?.nodes && title === before.title) return
    const summary = { id, title: titleOf(conversation), createdAt, updatedAt: Date.now() }
    setChats([summary, ...$list.get().chats.filter((other) => other.id !== id)])
  }

  async function read(): Promise<void> {
    setChats((await attempt(() => store.list())) ?? $list.get().chats)
    $unreadable.set((await attempt(() => store.unreadable())) ?? [])
  }

  /** Follows what another page did to the chats. */
  async function onStoreChange({ chatId, type }: StoreChange): Promise<void> {
    if (type !== 'reply-saved') await read()
    const shown = session.conversation.get()
    if (chatId !== shown.id) return
    if (type === 'deleted') {
      if (session.run.get() === undefined) create()
      return
    }
    const stored = await attempt(() => store.get(chatId))
    const now = session.conversation.get()
    if (stored === undefined || now.id !== stored.id) return
    const both = merged(now, stored)
    if (dirty === 'no') saved = both
    session.change(() => both)
    await watchElsewhere()
  }

  /** Keeps account of replies that others write, and ends those whose page is gone. */
  async function watchElsewhere(): Promise<void> {
    clearTimeout(watch)
    const conversation = session.conversation.get()
    const mine = session.run.get()?.replyId
    const others = streamingReplies(conversation).filter(({ id }) => id !== mine)
    const claimed = new Set<string>()
    for (const { id } of others) if (await store.isClaimed(id)) claimed.add(id)
    if (session.conversation.get().id !== conversation.id) return
    $elsewhere.set(claimed)
    for (const { id } of others) if (!claimed.has(id)) session.change((now) => interrupted(now, id))
    if (claimed.size > 0) watch = setTimeout(() => void watchElsewhere(), WATCH_INTERVAL_MS)
  }

  async function open(chatId: string): Promise<boolean> {
    const mine = ++opening
    if (chatId === session.conversation.get().id) return true
    session.endNow()
    await flush()
    const stored = await attempt(() => store.get(chatId))
    if (mine !== opening) return true // another chat was asked for meanwhile
    if (stored === undefined) return false
    seen = stored
    saved = stored
    session.open(stored)
    $elsewhere.set(new Set())
    await watchElsewhere()
    return true
  }

  function create(): void {
    opening += 1
    if (session.conversation.get().nodes.length > 0) session.open(createConversation())
  }

  async function deleteChat(chatId: string): Promise<void> {
    const isShown = session.conversation.get().id === chatId
    if (isShown) session.endNow()
    await flush()
    const conversation = isShown ? session.conversation.get() : await attempt(() => store.get(chatId))
    if (isShown) create()
    await enqueue(async () => {
      await store.delete(chatId)
      setChats($list.get().chats.filter(({ id }) => id !== chatId))
      if (conversation !== undefined) $deleted.set({ conversation, title: titleOf(conversation) })
    })
  }

  async function* search(query: string, signal: AbortSignal): AsyncIterable<SearchHit> {
    const { createChatSearch } = await import('../core/chat/search-chats.ts')
    const chatSearch = createChatSearch(query)
    for await (const conversation of all()) {
      if (signal.aborted) return
      const match = chatSearch.find(conversation)
      const summary = $list.get().chats.find(({ id }) => id === conversation.id)
      if (match !== undefined && summary !== undefined) yield { summary, match }
    }
  }

  async function* all(): AsyncIterable<Conversation> {
    await flush()
    yield* store.all()
  }

  let release: Promise<() => void> | undefined
  const unsubscribe = [
    session.conversation.listen(onConversation),
    session.run.listen((run, before) => {
      if (run?.replyId === before?.replyId) return
      const ended = release
      release = run === undefined ? undefined : store.claim(run.replyId)
      release?.catch((error: unknown) => $storageError.set(ReflectionError.from(error, 'storage-unreadable')))
      if (ended !== undefined) void flush().then(async () => (await ended)())
    }),
    store.subscribe((change) => void onStoreChange(change)),
  ]

  return {
    list: $list,
    storageError: $storageError,
    deleted: $deleted,
    unreadable: $unreadable,
    writtenElsewhere: $elsewhere,
    start: read,
    open,
    create,
    async rename(chatId, title) {
      if (session.conversation.get().id === chatId) {
        session.change((conversation) => renameConversation(conversation, title))
        await flush()
        return
      }
      await enqueue(async () => {
        const conversation = await store.get(chatId)
        if (conversation !== undefined) note(await store.save(renameConversation(conversation, title)))
      })
    },
    delete: deleteChat,
    async undoDelete() {
      const chat = $deleted.get()
      if (chat === undefined) return
      $deleted.set(undefined)
      await enqueue(async () => {
        await store.save(chat.conversation)
        await read()
      })
      await open(chat.conversation.id)
    },
    forgetDeleted: () => $deleted.set(undefined),
    async add(conversations) {
      for (const conversation of conversations) {
        await enqueue(async () => note(await store.save(conversation)))
      }
      const [first] = conversations
      if (first !== undefined) await open(first.id)
    },
    all,
    search,
    readUnreadable: (key) => store.readUnreadable(key),
    async deleteUnreadable(key) {
      await store.deleteUnreadable(key)
      $unreadable.set($unreadable.get().filter((record) => record.key !== key))
    },
    flush,
    async close() {
      clearTimeout(watch)
      await flush()
      unsubscribe.forEach((end) => end())
    },
  }
}

function streamingReplies({ nodes }: Conversation): ReplyNode[] {
  return nodes.filter((node) => node.role === 'assistant').filter(({ status }) => status === 'streaming')
}

/** Whether nothing but the text of a reply that streams came in. */
function isReplyGrowth(before: Conversation, after: Conversation): boolean {
  if (before.nodes.length !== after.nodes.length || before.chosen !== after.chosen) return false
  if (before.title !== after.title || before.instructions !== after.instructions) return false
  return after.nodes.every((node, index) => {
    const old = before.nodes[index]
    return node === old || (node.role === 'assistant' && node.status === 'streaming' && isStreaming(old))
  })
}

function isStreaming(node: Conversation['nodes'][number] | undefined): boolean {
  return node?.role === 'assistant' && node.status === 'streaming'
}

function interrupted(conversation: Conversation, replyId: string): Conversation {
  const reply = conversation.nodes.find(({ id }) => id === replyId)
  return isStreaming(reply) ? finishReply(conversation, replyId, { status: 'interrupted' }) : conversation
}
