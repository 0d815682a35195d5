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
  resumeReply,
  selectBranch,
  type Conversation,
  type ReplyAuthor,
  type ReplyEnd,
  type ReplyGrammar,
  type ReplyNode,
} from '../core/chat/conversation.ts'
import { withoutBlankStart } from '../core/chat/message-text.ts'
import { replyStart } from '../core/chat/render-prompt.ts'
import { thinkCarefully } from '../core/chat/system-prompt.ts'
import type { Engine, RunEvent } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import type { ModelLoader } from './model-loader.ts'
import { viewOfReply, type ReplyView } from './reply-view.ts'
import { DEFAULT_SETTINGS, optionsFor, systemPromptFor, type ChatSettings } from './settings.ts'
import { createStreamingReply, type StreamingReply } from './streaming-reply.ts'

/** The reply that is being written. */
export interface CurrentRun {
  readonly replyId: string
  /** The user asked for its end, or for its answer. */
  readonly isStopping: boolean
  readonly isAnswering: boolean
}

/**
 * A conversation with the model of a loader. Commands that need it load it first if it was lost. What was written of a reply stays,
 * however its run ends; how it ended is in the conversation.
 */
export interface ChatSession {
  readonly conversation: ReadableAtom<Conversation>
  /** Absent while nothing is written. */
  readonly run: ReadableAtom<CurrentRun | undefined>
  /** Changes with every reply's view; `viewOf` has the views. */
  readonly views: ReadableAtom<ReadonlyMap<string, ReplyView>>
  readonly settings: WritableAtom<ChatSettings>
  viewOf(reply: ReplyNode): ReplyView
  /**
   * The commands below resolve when the reply has ended, however it did.
   * @throws {ReflectionError} `request-invalid` when a reply is being written, or the node is not what it should be. `ask` and `edit`
   * also `prompt-too-long`: the conversation is then as it was before.
   */
  ask(text: string): Promise<void>
  regenerate(replyId: string): Promise<void>
  /** Adds another wording of a message of the user, and a reply to it. */
  edit(messageId: string, text: string): Promise<void>
  /** Goes on with a reply where it stopped. */
  continueReply(replyId: string): Promise<void>
  stop(): void
  /** Ends the reply that is being written without waiting for the engine; what was written stays, as interrupted. */
  endNow(): void
  answerNow(): void
  /** Shows the branch of a node. */
  select(nodeId: string): void
  /** Changes the conversation in a way that has nothing to do with the reply that is being written. */
  change(how: (conversation: Conversation) => Conversation): void
  /** Shows another conversation; a reply that is being written is stopped, and what was written of it stays. */
  open(conversation: Conversation): void
  /** Ends the run; engine and loader stay. */
  dispose(): void
}

export function createChatSession(engine: Pick<Engine, 'generate'>, loader: ModelLoader): ChatSession {
  const $conversation = atom<Conversation>(createConversation())
  const $run = atom<CurrentRun | undefined>(undefined)
  const $views = atom<ReadonlyMap<string, ReplyView>>(new Map())
  const $settings = atom<ChatSettings>(DEFAULT_SETTINGS)
  const stored = new WeakMap<ReplyNode, ReplyView>() // of replies that nothing writes; reading one anew takes time
  let writing:
    { readonly reply: StreamingReply; readonly stop: AbortController; readonly answerNow: AbortController } | undefined

  /** Changes the conversation so that a reply streams, and lets the model write it. @returns What it failed with, if it did. */
  async function begin(
    change: (model: ModelDescription) => { conversation: Conversation; replyId: string },
  ): Promise<ReflectionError | undefined> {
    if (writing !== undefined) throw new ReflectionError('request-invalid', 'A reply is being written. Stop it first.')
    const known = loader.model.get()
    const model = known.status === 'ready' ? known.model : await loader.whenReady() // at once, if there is nothing to wait for
    if (model === undefined) return undefined
    if (writing !== undefined) throw new ReflectionError('request-invalid', 'A reply is being written. Stop it first.')
    const { conversation, replyId } = change(model)
    return write(conversation, replyId, model)
  }

  async function write(
    conversation: Conversation,
    replyId: string,
    model: ModelDescription,
  ): Promise<ReflectionError | undefined> {
    const settings = $settings.get()
    const messages = messagesFor(conversation, systemPromptFor(settings, model, conversation.instructions))
    const reply = createStreamingReply(replyIn(conversation, replyId))
    const stop = new AbortController()
    const answerNow = new AbortController()
    const mine = { reply, stop, answerNow }
    writing = mine
    $conversation.set(conversation)
    setView(reply)
    $run.set({ replyId, isStopping: false, isAnswering: false })

    const sink = (events: readonly RunEvent[]) => {
      if (writing !== mine) return // the run has settled, or its conversation is gone
      reply.add(events)
      show(reply)
    }
    let end: ReplyEnd
    try {
      const request = { messages, options: optionsFor(settings) }
      const usage = await engine.generate(request, sink, { signal: stop.signal, answerNow: answerNow.signal })
      end = { status: 'complete', usage }
    } catch (error) {
      const { usage } = reply.view
      if (stop.signal.aborted) end = { status: 'interrupted', ...(usage === undefined ? {} : { usage }) }
      else end = { status: 'failed', error: ReflectionError.from(error) }
    }
    if (writing !== mine) return undefined
    settle(end)
    return end.status === 'failed' ? end.error : undefined
  }

  function show(reply: StreamingReply): void {
    $conversation.set(replaceReply($conversation.get(), reply.node))
    setView(reply)
  }

  function setView({ node, view }: StreamingReply): void {
    $views.set(new Map($views.get()).set(node.id, view))
  }

  /** Ends the reply that is being written, if there is one. */
  function settle(end: ReplyEnd): void {
    if (writing === undefined) return
    const { reply } = writing
    writing = undefined
    reply.end(end)
    show(reply)
    $run.set(undefined)
  }

  function viewOf(node: ReplyNode): ReplyView {
    const known = $views.get().get(node.id) ?? stored.get(node)
    if (known !== undefined) return known
    const view = node.status === 'streaming' ? createStreamingReply(node).view : viewOfReply(node)
    stored.set(node, view)
    return view
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
    const error = await begin((model) => {
      before = $conversation.get()
      return withNewReply(add(before), model)
    })
    if (error?.code !== 'prompt-too-long' || before?.id !== $conversation.get().id) return
    $conversation.set(before)
    throw error
  }

  function endNow(): void {
    writing?.stop.abort()
    settle({ status: 'interrupted' })
  }

  return {
    conversation: $conversation,
    run: $run,
    views: $views,
    settings: $settings,
    viewOf,
    ask: (text) => send((conversation) => addUserMessage(conversation, worded(text))),
    async regenerate(replyId) {
      await begin((model) => {
        const conversation = regenerateReply($conversation.get(), replyId, authorOf(model))
        return { conversation, replyId: lastId(conversation) }
      })
    },
    edit: (messageId, text) => send((conversation) => editUserMessage(conversation, messageId, worded(text))),
    async continueReply(replyId) {
      await begin((model) => {
        const conversation = resumeReply($conversation.get(), replyId)
        const node = replyIn(conversation, replyId)
        if (!sameGrammar(node.grammar, authorOf(model).grammar)) {
          throw new ReflectionError(
            'request-invalid',
            `The reply was written by ${node.modelId}, which marks its thinking in another way than ${model.name}. Regenerate it instead.`,
          )
        }
        return { conversation, replyId }
      })
    },
    stop() {
      const run = $run.get()
      if (run === undefined) return
      $run.set({ ...run, isStopping: true })
      writing?.stop.abort()
    },
    answerNow() {
      const run = $run.get()
      if (run === undefined) return
      $run.set({ ...run, isAnswering: true })
      writing?.answerNow.abort()
    },
    select: (nodeId) => $conversation.set(selectBranch($conversation.get(), nodeId)),
    endNow,
    change: (how) => $conversation.set(how($conversation.get())),
    open(conversation) {
      endNow()
      $views.set(new Map())
      $conversation.set(conversation)
    },
    dispose: endNow,
  }
}

function authorOf(model: ModelDescription): ReplyAuthor {
  const { id: modelId, revision, dialect } = model
  const grammar = { dialect, start: replyStart(model) }
  return { modelId, revision, ...(sameGrammar(grammar, undefined) ? {} : { grammar }) }
}

function sameGrammar(one: ReplyGrammar = DEFAULT_GRAMMAR, other: ReplyGrammar = DEFAULT_GRAMMAR): boolean {
  const tags = ({ dialect: { thinking, reflection, output }, start }: ReplyGrammar) =>
    JSON.stringify([thinking, reflection, output, start])
  return tags(one) === tags(other)
}

function replyIn(conversation: Conversation, replyId: string): ReplyNode {
  const node = conversation.nodes.find(({ id }) => id === replyId)
  if (node?.role !== 'assistant') throw new ReflectionError('request-invalid', `There is no reply ${replyId}.`)
  return node
}

/** The end of the current branch, where a reply was just added. */
function lastId(conversation: Conversation): string {
  return currentPath(conversation).at(-1)?.id ?? ''
}
