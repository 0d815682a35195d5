import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import {
  addReply,
  addUserMessage,
  createConversation,
  currentPath,
  DEFAULT_GRAMMAR,
  editUserMessage,
  messagesFor,
  regenerateReply,
  replaceReply,
  replyWithId,
  resumeReply,
  selectBranch,
  takeBack,
  type Conversation,
  type ReplyAuthor,
  type ReplyEnd,
  type ReplyGrammar,
  type ReplyNode,
} from '../core/chat/conversation.ts'
import { withoutBlankStart } from '../core/chat/message-text.ts'
import { replyStart } from '../core/chat/render-prompt.ts'
import { thinkCarefully } from '../core/chat/system-prompt.ts'
import type { Engine, RunEvent, WaitReason } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { hostOf } from '../core/models/remote-server.ts'
import { createReplyFold, type ReplyFold } from '../core/reply/fold-reply.ts'
import type { ModelLoader } from './model-loader.ts'
import type { ReplyView } from './reply-view.ts'
import { DEFAULT_SETTINGS, optionsFor, systemPromptFor, type ChatSettings } from './settings.ts'
import { createStreamingReply, type StreamingReply } from './streaming-reply.ts'

/** The reply that is being written. */
export interface CurrentRun {
  readonly replyId: string
  /** The user asked for its end, or for its answer. */
  readonly isStopping: boolean
  readonly isAnswering: boolean
  /** What has to end before it begins; absent once it has begun. */
  readonly waitsFor?: WaitReason | undefined
}

/**
 * The conversation that is shown, with the model of a loader, and those that were left while a reply was being written in them: it goes
 * on in the background. Commands that need the model load it first if it was lost. What was written of a reply stays, however its run
 * ends; how it ended is in the conversation.
 */
export interface ChatSession {
  readonly conversation: ReadableAtom<Conversation>
  /** Of the shown conversation; absent while nothing is written in it. */
  readonly run: ReadableAtom<CurrentRun | undefined>
  /** All runs that wait or go on, by conversation, the shown one included. */
  readonly runs: ReadableAtom<ReadonlyMap<string, CurrentRun>>
  /** Conversations that are not shown and in which a reply is being written, by id. One leaves once its reply has ended. */
  readonly background: ReadableAtom<ReadonlyMap<string, Conversation>>
  /** Changes with every reply's view; `viewOf` (`view-of-reply.ts`) has the views. */
  readonly views: ReadableAtom<ReadonlyMap<string, ReplyView>>
  readonly settings: WritableAtom<ChatSettings>
  /**
   * The commands below resolve when the reply has ended, however it did.
   * @throws {ReflectionError} `request-invalid` when a reply is being written, or the node is not what it should be. `ask`, `edit` and
   * `continueReply` also `prompt-too-long`: the conversation is then without the message, or with the reply as it was, and else as it is.
   */
  ask(text: string): Promise<void>
  regenerate(replyId: string): Promise<void>
  /** Adds another wording of a message of the user, and a reply to it. */
  edit(messageId: string, text: string): Promise<void>
  /** Goes on with a reply where it stopped. */
  continueReply(replyId: string): Promise<void>
  /** Lets the engine stop the reply that is being written; without a conversation's id, in the one that is shown. */
  stop(chatId?: string): void
  /** The same without waiting for the engine; what was written stays, as interrupted. */
  endNow(chatId?: string): void
  answerNow(): void
  /** Shows the branch of a node. */
  select(nodeId: string): void
  /** Changes the shown conversation in a way that has nothing to do with the reply that is being written. */
  change(how: (conversation: Conversation) => Conversation): void
  /** The same for one that is shown or in the background; another one is not changed. */
  changeChat(chatId: string, how: (conversation: Conversation) => Conversation): void
  /** A conversation as it is now, if it is shown or in the background. */
  chat(chatId: string): Conversation | undefined
  /**
   * Shows another conversation. A reply that is being written goes on in the background; a conversation that is there is shown as it is
   * there, whatever is passed.
   */
  open(conversation: Conversation): void
  /** Ends all runs; engine and loader stay. */
  dispose(): void
}

/** A reply that is being written. */
interface Writing {
  readonly chatId: string
  readonly reply: StreamingReply
  readonly stop: AbortController
  readonly answerNow: AbortController
}

export function createChatSession(engine: Pick<Engine, 'generate'>, loader: ModelLoader): ChatSession {
  const $conversation = atom<Conversation>(createConversation())
  const $background = atom<ReadonlyMap<string, Conversation>>(new Map())
  const $run = atom<CurrentRun | undefined>(undefined)
  const $runs = atom<ReadonlyMap<string, CurrentRun>>(new Map())
  const $views = atom<ReadonlyMap<string, ReplyView>>(new Map())
  const $settings = atom<ChatSettings>(DEFAULT_SETTINGS)
  const writings = new Map<string, Writing>() // by conversation

  const shownId = () => $conversation.get().id

  function chat(chatId: string): Conversation | undefined {
    return chatId === shownId() ? $conversation.get() : $background.get().get(chatId)
  }

  function changeChat(chatId: string, how: (conversation: Conversation) => Conversation): void {
    const held = $background.get().get(chatId)
    if (chatId === shownId()) $conversation.set(how($conversation.get()))
    else if (held !== undefined) $background.set(new Map($background.get()).set(chatId, how(held)))
  }

  function setRun(chatId: string, run: CurrentRun | undefined): void {
    const runs = new Map($runs.get())
    if (run === undefined) runs.delete(chatId)
    else runs.set(chatId, run)
    $runs.set(runs)
    if (chatId === shownId()) $run.set(run)
  }

  function changeRun(chatId: string, change: Partial<CurrentRun>): void {
    const run = $runs.get().get(chatId)
    if (run !== undefined) setRun(chatId, { ...run, ...change })
  }

  function failWhileWriting(): void {
    if (!writings.has(shownId())) return
    throw new ReflectionError('request-invalid', 'A reply is being written. Stop it first.')
  }

  /**
   * Changes the shown conversation so that a reply streams, and lets the model write it.
   * @param read - Reads what the reply begins with. Default: that is nothing.
   * @returns That the prompt is too long, if it is.
   */
  async function begin(
    change: (model: ModelDescription) => { conversation: Conversation; replyId: string },
    read: (begun: ReplyNode) => ReplyFold = createReplyFold,
  ): Promise<ReflectionError | undefined> {
    failWhileWriting()
    const chatId = shownId()
    const known = loader.model.get()
    const model = known.status === 'ready' ? known.model : await loader.whenReady() // at once, if there is nothing to wait for
    if (model === undefined) return undefined
    if (chatId !== shownId()) {
      throw new ReflectionError('request-invalid', 'Another chat was opened before the model was ready.')
    }
    failWhileWriting()
    const { conversation, replyId } = change(model)
    return write(conversation, replyId, model, read)
  }

  async function write(
    conversation: Conversation,
    replyId: string,
    model: ModelDescription,
    read: (begun: ReplyNode) => ReplyFold,
  ): Promise<ReflectionError | undefined> {
    const settings = $settings.get()
    const messages = messagesFor(conversation, systemPromptFor(settings, model, conversation.instructions))
    const before = $conversation.get().nodes.find(({ id }) => id === replyId) as ReplyNode | undefined // one that goes on
    const begun = replyWithId(conversation, replyId)
    const reply = createStreamingReply(begun, read(begun))
    const stop = new AbortController()
    const answerNow = new AbortController()
    const { id: chatId } = conversation
    const mine: Writing = { chatId, reply, stop, answerNow }
    writings.set(chatId, mine)
    $conversation.set(conversation)
    setView(reply)
    setRun(chatId, { replyId, isStopping: false, isAnswering: false })

    const sink = (events: readonly RunEvent[]) => {
      if (writings.get(chatId) !== mine) return // the run has settled
      reply.add(events)
      show(mine)
    }
    let end: ReplyEnd
    try {
      const request = { messages, options: optionsFor(settings) }
      const onWait = (waitsFor: WaitReason | undefined) => {
        if (writings.get(chatId) === mine) changeRun(chatId, { waitsFor })
      }
      const usage = await engine.generate(request, sink, { signal: stop.signal, answerNow: answerNow.signal, onWait })
      end = { status: 'complete', usage }
    } catch (error) {
      const { usage } = reply.view
      if (stop.signal.aborted)
        end = { status: 'interrupted', isStopped: true, ...(usage === undefined ? {} : { usage }) }
      else if (ReflectionError.is(error) && error.code === 'engine-moved') end = { status: 'interrupted' }
      else end = { status: 'failed', error: ReflectionError.from(error) }
    }
    if (writings.get(chatId) !== mine) return undefined
    const refused = end.status === 'failed' && end.error.code === 'prompt-too-long' ? end.error : undefined
    settle(mine, end, refused && before)
    return refused
  }

  function show({ chatId, reply }: Writing, node = reply.node): void {
    changeChat(chatId, (conversation) => replaceReply(conversation, node))
    setView(reply)
  }

  function setView({ node, view }: StreamingReply): void {
    $views.set(new Map($views.get()).set(node.id, view))
  }

  /**
   * Ends a reply that is being written. A conversation in the background goes with it; its end was told before.
   * @param before - What takes its place, as nothing could be added to it.
   */
  function settle(mine: Writing, end: ReplyEnd, before?: ReplyNode): void {
    const { chatId, reply } = mine
    writings.delete(chatId)
    reply.end(end)
    show(mine, before)
    setRun(chatId, undefined)
    const isHeld = $background.get().has(chatId)
    if (isHeld) $background.set(new Map([...$background.get()].filter(([id]) => id !== chatId)))
    if (isHeld || before) $views.set(new Map([...$views.get()].filter(([id]) => id !== reply.node.id)))
  }

  /** The message as it is sent. */
  function worded(written: string): string {
    const text = withoutBlankStart(written)
    if (!$settings.get().thinkCarefully) return text
    const careful = thinkCarefully('')
    return text.trimEnd().endsWith(careful) ? text : thinkCarefully(text)
  }

  function withNewReply(asked: Conversation, model: ModelDescription) {
    const conversation = addReply(asked, authorOf(model))
    return { conversation, replyId: lastId(conversation) }
  }

  /** Lets the model reply to a message that `add` adds. One that it cannot read is not kept. */
  async function send(add: (conversation: Conversation) => Conversation): Promise<void> {
    let before: Conversation | undefined
    let added: readonly string[] = []
    const error = await begin((model) => {
      before = $conversation.get()
      const begun = withNewReply(add(before), model)
      added = begun.conversation.nodes.slice(before.nodes.length).map(({ id }) => id)
      return begun
    })
    if (!error || before?.id !== shownId()) return
    $conversation.set(takeBack($conversation.get(), added, before))
    throw error
  }

  function endNow(chatId = shownId()): void {
    const mine = writings.get(chatId)
    if (mine === undefined) return
    changeRun(chatId, { isStopping: true })
    mine.stop.abort()
    settle(mine, { status: 'interrupted' })
  }

  function open(conversation: Conversation): void {
    const left = $conversation.get()
    if (left.id === conversation.id) endNow()
    const written = new Set([...writings.values()].map(({ reply }) => reply.node.id))
    $views.set(new Map([...$views.get()].filter(([id]) => written.has(id))))
    const others = new Map($background.get())
    if (writings.has(left.id)) others.set(left.id, left)
    $background.set(others) // before it is no longer shown, so that whoever saves it never loses sight of it
    const { id } = conversation
    $conversation.set(others.get(id) ?? conversation)
    $run.set($runs.get().get(id))
    if (others.has(id)) $background.set(new Map([...others].filter(([other]) => other !== id)))
  }

  return {
    conversation: $conversation,
    run: $run,
    runs: $runs,
    background: $background,
    views: $views,
    settings: $settings,
    ask: (text) => send((conversation) => addUserMessage(conversation, worded(text))),
    async regenerate(replyId) {
      await begin((model) => {
        const conversation = regenerateReply($conversation.get(), replyId, authorOf(model))
        return { conversation, replyId: lastId(conversation) }
      })
    },
    edit: (messageId, text) => send((conversation) => editUserMessage(conversation, messageId, worded(text))),
    async continueReply(replyId) {
      const { readBeginning } = await import('../core/reply/read-reply.ts') // with the parser, which nothing else here needs
      const refused = await begin((model) => {
        const { server, grammar } = authorOf(model)
        const conversation = resumeReply($conversation.get(), replyId, server)
        const node = replyWithId(conversation, replyId)
        if (!sameGrammar(node.grammar, grammar)) {
          throw new ReflectionError(
            'request-invalid',
            `The reply was written by ${node.modelId}, which marks its thinking in another way than ${model.name}. Regenerate it instead.`,
          )
        }
        return { conversation, replyId }
      }, readBeginning)
      if (refused) throw refused
    },
    stop(chatId = shownId()) {
      changeRun(chatId, { isStopping: true })
      writings.get(chatId)?.stop.abort()
    },
    answerNow() {
      changeRun(shownId(), { isAnswering: true })
      writings.get(shownId())?.answerNow.abort()
    },
    select: (nodeId) => $conversation.set(selectBranch($conversation.get(), nodeId)),
    endNow,
    change: (how) => $conversation.set(how($conversation.get())),
    changeChat,
    chat,
    open,
    dispose() {
      for (const chatId of writings.keys()) endNow(chatId)
    },
  }
}

function authorOf(model: ModelDescription): ReplyAuthor {
  const { id: modelId, revision, dialect, server } = model
  const grammar = { dialect, start: replyStart(model) }
  return {
    modelId,
    revision,
    ...(server && { server: hostOf(server) }),
    ...(sameGrammar(grammar, undefined) ? {} : { grammar }),
  }
}

function sameGrammar(one: ReplyGrammar = DEFAULT_GRAMMAR, other: ReplyGrammar = DEFAULT_GRAMMAR): boolean {
  const tags = ({ dialect: { thinking, reflection, output }, start }: ReplyGrammar) =>
    JSON.stringify([thinking, reflection, output, start])
  return tags(one) === tags(other)
}

/** The end of the current branch, where a reply was just added. */
function lastId(conversation: Conversation): string {
  return currentPath(conversation).at(-1)?.id ?? ''
}
