import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import { servedFolder } from '../client/served-files.ts'
import { createConversation, currentPath, type Conversation, type ReplyNode } from '../core/chat/conversation.ts'
import type { MessageDraft, Rewordings } from '../core/chat/message-draft.ts'
import { readPlainChat } from '../core/chat/read-plain-chat.ts'
import type { ChatMessage, Engine, RunEvent } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { randomId } from '../core/random-id.ts'
import { answerOf } from '../core/reply/reply-texts.ts'
import { untilAborted } from '../core/until-aborted.ts'
import { createChatSession, type ChatSession } from '../state/chat-session.ts'
import type { ModelState } from '../state/model-loader.ts'
import type { ThinkingMode } from '../state/preferences.ts'
import { readAhead } from '../state/read-ahead.ts'
import type { ChatSettings } from '../state/settings.ts'
import { viewOf } from '../state/view-of-reply.ts'
import { serveWorkersFrom } from '../ui/chat/markdown/own-workers.ts'
import { mountChat } from '../ui/chat/mount-chat.ts'
import { createFetchPart } from '../ui/parts/fetch-part.ts'
import { boxScroller } from '../ui/parts/scroller.ts'
import { mountTooltip } from '../ui/parts/tooltip.ts'
import { needLaterWords, type Locale } from '../ui/words/locales.ts'
import type { ReflectionChatEventMap, ReflectionReply } from './chat-events.ts'
import type { ChatShell } from './chat-shell.ts'
import { keepChat, parseConversation } from './keep-chat.ts'
import { shareEngine } from './shared-engine.ts'

/** What the element gives the chat that lives in it. */
export interface LivingChatParts {
  readonly root: ShadowRoot
  readonly shell: ChatShell
  readonly locale: ReadableAtom<Locale>
  readonly thinking: ReadableAtom<ThinkingMode>
  readonly draft: WritableAtom<MessageDraft>
  readonly placeholder: ReadableAtom<string | undefined>
  readonly suggestions: ReadableAtom<readonly string[] | undefined>
  readonly settings: ReadableAtom<ChatSettings>
  /** An engine that the page brings; undefined for a shared one of ours. */
  readonly engine: Engine | undefined
  /** What it runs; undefined for what the engine tells of itself, or the embedded model. */
  readonly model: string | ModelDescription | undefined
  readonly assets: string | undefined
  /** Where the chat is kept, and under which key; undefined for nowhere. */
  readonly keeps: { readonly storage: () => Storage; readonly key: string } | undefined
  /** What an earlier life of the element showed; undefined for nothing. */
  readonly conversation: Conversation | undefined
  readonly tell: <Name extends keyof ReflectionChatEventMap>(
    name: Name,
    detail: ReflectionChatEventMap[Name]['detail'],
  ) => void
  readonly onThinking: (mode: ThinkingMode) => void
  /** What a form has of the chat: the last answer that is shown, undefined for none, and the chat as text, which `restore` takes. */
  readonly onAnswer: (answer: string | undefined, state: string) => void
}

/** The chat of an element from the first touch on. */
export interface LivingChat {
  /** Loads the model, unless that has begun. */
  load(): void
  /** Sends what the visitor wrote, as soon as the model is ready. */
  send(): void
  ask(question: string, signal: AbortSignal | undefined): Promise<string>
  stop(): void
  clear(): void
  export(format: 'json' | 'markdown'): Promise<string>
  messages(): readonly ChatMessage[]
  /** @throws {ReflectionError} `import-invalid` for what is no list of messages. */
  show(messages: readonly ChatMessage[]): void
  /** Shows a chat that `onAnswer` gave as text before; anything else changes nothing. */
  restore(state: string): void
  focus(): void
  /** Ends it; what was written of a reply stays. @returns What it showed. */
  end(): Conversation
}

/** Brings the chat of an element to life in a region of its shell. */
export function liveChat(parts: LivingChatParts, region: HTMLElement): LivingChat {
  const { root, shell, locale, thinking, settings, tell, onAnswer } = parts
  serveWorkersFrom(servedFolder(parts.assets))
  const end = new AbortController()
  const { signal } = end
  const shared = shareEngine(parts)
  const { engine, loader } = shared

  function fail(error: unknown): void {
    const known = ReflectionError.from(error)
    console.warn(known)
    tell('reflection-error', known)
  }

  function tellEvents(events: readonly RunEvent[]): void {
    const replyId = session.run.get()?.replyId
    if (replyId === undefined) return
    for (const event of events) tell('reflection-event', { replyId, event })
  }

  const session: ChatSession = createChatSession(
    {
      generate: (request, sink, control) =>
        engine.generate(
          request,
          (events) => {
            sink(events)
            tellEvents(events)
          },
          control,
        ),
    },
    loader,
  )
  if (parts.conversation !== undefined) session.open(parts.conversation)
  const kept = parts.keeps && keepChat(parts.keeps.storage, parts.keeps.key, session, fail)

  function followModel(): () => void {
    let last: ModelState['status'] | undefined
    return loader.model.subscribe((state) => {
      const isNew = state.status !== last
      last = state.status
      if (state.status === 'loading' && state.progress !== undefined) tell('reflection-progress', state.progress)
      if (!isNew) return
      if (state.status === 'ready') tell('reflection-ready', state.loaded)
      if (state.status === 'failed' || state.status === 'unfit') fail(whyNot(state))
    })
  }

  function followReplies(): () => void {
    let writing: string | undefined
    return session.run.listen((run) => {
      const ended = run === undefined ? writing : undefined
      writing = run?.replyId
      const conversation = session.conversation.get()
      const reply = conversation.nodes.find(({ id }) => id === ended)
      if (reply?.role !== 'assistant' || reply.status === 'streaming') return
      shell.markUnread()
      tellForm()
      tell('reflection-message', replyOf(reply, session))
      if (reply.status === 'failed') fail(failureOf(reply))
    })
  }

  function tellForm(): void {
    const conversation = session.conversation.get()
    const last = currentPath(conversation).findLast((node) => node.role === 'assistant' && node.status !== 'streaming')
    onAnswer(last?.role === 'assistant' ? answerOf(viewOf(session, last)) : undefined, JSON.stringify(conversation))
  }

  /** Another chat, or another branch of it; a reply that is being written is told when it has ended. */
  function followConversation(): () => void {
    return session.conversation.subscribe(() => {
      if (session.run.get() === undefined) tellForm()
    })
  }

  const ends = [
    readAhead(engine, loader, session),
    settings.subscribe((value) => session.settings.set(value)),
    followModel(),
    followReplies(),
    followConversation(),
  ]
  const mounted = mountChat(
    region,
    {
      loader,
      session,
      locale,
      thinking,
      chatCount: atom(0),
      writtenElsewhere: atom<ReadonlySet<string>>(new Set()),
      draft: parts.draft,
      rewordings: atom<Rewordings>({}),
      reveal: atom<string | undefined>(undefined),
      onThinking: parts.onThinking,
      onLoadOther: (model) => void loader.load(model),
      fetchPart: createFetchPart(() =>
        fail(new ReflectionError('download-failed', 'A part of the chat could not be fetched.')),
      ),
      embedding: {
        scroller: boxScroller(shell.box),
        keys: root,
        placeholder: parts.placeholder,
        suggestions: parts.suggestions,
      },
    },
    { signal },
  )
  mountTooltip(shell.tooltips, { signal })

  function open(conversation: Conversation): void {
    session.endNow() // there is no list in which it could go on
    session.open(conversation)
  }

  return {
    load: shared.load,
    send: mounted.send,
    async ask(question, aborted) {
      aborted?.throwIfAborted()
      shared.load()
      const { id: chatId } = session.conversation.get()
      const model = await untilAborted(loader.whenReady(), aborted) // before that there is no reply to be stopped
      if (model === undefined) throw whyNot(loader.model.get())
      if (session.conversation.get().id !== chatId) {
        throw new ReflectionError('request-invalid', 'Another chat was shown before the model was ready.')
      }
      const stop = () => session.stop()
      aborted?.addEventListener('abort', stop, { once: true })
      try {
        const before = currentPath(session.conversation.get()).at(-1)?.id
        await session.ask(question)
        aborted?.throwIfAborted()
        const reply = currentPath(session.conversation.get()).at(-1)
        if (reply?.role !== 'assistant' || reply.id === before) throw whyNot(loader.model.get())
        if (reply.status === 'failed') throw failureOf(reply)
        return answerOf(viewOf(session, reply))
      } finally {
        aborted?.removeEventListener('abort', stop)
      }
    },
    stop: () => session.stop(),
    clear: () => open(createConversation()),
    async export(format) {
      const conversation = session.conversation.get()
      if (format === 'json') {
        const { exportChats } = await import('../core/chat/export-chats.ts')
        return JSON.stringify(exportChats([conversation], { exportedAt: Date.now() }), undefined, 2)
      }
      const [{ chatToMarkdown }] = await Promise.all([
        import('../core/chat/export-markdown.ts'),
        needLaterWords(locale),
      ])
      const { words, format: formats } = locale.get()
      const { markdown } = words.transfer
      return chatToMarkdown(conversation, { withThinking: true, words: markdown, formatDate: formats.dateTime })
    },
    messages: () => currentPath(session.conversation.get()).map(({ role, content }) => ({ role, content })),
    show(messages) {
      const read = readPlainChat(messages, { now: Date.now(), newId: randomId })
      if ('problem' in read) throw new ReflectionError('import-invalid', read.problem)
      open(read.conversation)
    },
    restore(state) {
      const conversation = parseConversation(state)
      if (conversation !== undefined) open(conversation)
    },
    focus: () => mounted.focusComposer(),
    end() {
      session.endNow()
      kept?.close()
      for (const stop of ends) stop()
      end.abort()
      shared.release()
      return session.conversation.get()
    },
  }
}

function replyOf(node: ReplyNode, session: ChatSession): ReflectionReply {
  const { id, parentId, content, status, finishReason, usage } = node
  const question = session.conversation.get().nodes.find((one) => one.id === parentId)?.content ?? ''
  return {
    id,
    question,
    answer: answerOf(viewOf(session, node)),
    raw: content,
    status: status === 'streaming' ? 'interrupted' : status,
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(usage === undefined ? {} : { usage }),
  }
}

function failureOf({ errorCode = 'unexpected', errorMessage = '' }: ReplyNode): ReflectionError {
  return new ReflectionError(errorCode, errorMessage)
}

/** Why there is no reply at all. */
function whyNot(state: ModelState): ReflectionError {
  if (state.status === 'failed') return state.error
  if (state.status === 'unfit') {
    const [reason] = state.fit.reasons
    const why = reason?.code ?? 'it does not fit'
    return new ReflectionError('feature-missing', `The device cannot run ${state.model.name}: ${why}.`)
  }
  return new ReflectionError('model-not-loaded', 'Loading was cancelled.')
}
