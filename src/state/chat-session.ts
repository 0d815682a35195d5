import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import { addTokens } from '../core/channel-tokens.ts'
import {
  addCheckpoint,
  addReply,
  addUserMessage,
  appendToReply,
  createConversation,
  currentPath,
  DEFAULT_GRAMMAR,
  editUserMessage,
  finishReply,
  markForced,
  messagesFor,
  regenerateReply,
  resumeReply,
  selectBranch,
  type Conversation,
  type ReplyAuthor,
  type ReplyEnd,
  type ReplyGrammar,
  type ReplyNode,
} from '../core/chat/conversation.ts'
import { replyStart } from '../core/chat/render-prompt.ts'
import { thinkCarefully } from '../core/chat/system-prompt.ts'
import type {
  Capabilities,
  Checkpoint,
  Engine,
  EngineState,
  LoadedModel,
  LoadProgress,
  RunEvent,
} from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import { bestModel, checkFit, type Fit } from '../core/models/check-fit.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { prebuiltModels } from '../core/models/prebuilt-models.ts'
import { addEvents, continuedView, EMPTY_REPLY, viewOfReply, type ReplyView } from './reply-view.ts'
import { DEFAULT_SETTINGS, optionsFor, systemPromptFor, type ChatSettings } from './settings.ts'

/** A model, or how to find out about one. */
export type ModelSource = ModelDescription | ((signal: AbortSignal) => Promise<ModelDescription>)

/** How it stands with the model; `model` is absent as long as its description is not known. */
export type ModelState =
  | { readonly status: 'none' }
  | {
      readonly status: 'loading'
      readonly model?: ModelDescription
      /** What is done before there is progress to tell. */
      readonly step: LoadStep
      readonly progress?: LoadProgress
    }
  | { readonly status: 'cancelled'; readonly model?: ModelDescription }
  /** The device cannot run it, or so it says; nothing was downloaded. */
  | {
      readonly status: 'unfit'
      readonly model: ModelDescription
      readonly fit: Fit
      readonly device: Capabilities
      /** The best model of the registry that the device can run; absent when none can. */
      readonly better?: ModelDescription
    }
  | { readonly status: 'failed'; readonly model?: ModelDescription; readonly error: ReflectionError }
  | { readonly status: 'ready'; readonly model: ModelDescription; readonly fit: Fit; readonly loaded: LoadedModel }

/** Reading the model's description, starting the engine to ask about the device, finding out which files are missing. */
export type LoadStep = 'describe' | 'start' | 'list'

/** The reply that is being written. */
export interface CurrentRun {
  readonly replyId: string
  /** The user asked for its end, or for its answer. */
  readonly isStopping: boolean
  readonly isAnswering: boolean
}

/**
 * A conversation with a model. Commands that need the model load it first if it was loaded before. What was written of a reply stays,
 * however its run ends; how it ended is in the conversation.
 */
export interface ChatSession {
  readonly engine: ReadableAtom<EngineState>
  readonly model: ReadableAtom<ModelState>
  readonly conversation: ReadableAtom<Conversation>
  /** Absent while nothing is written. */
  readonly run: ReadableAtom<CurrentRun | undefined>
  /** Changes with every reply's view; `viewOf` has the views. */
  readonly views: ReadableAtom<ReadonlyMap<string, ReplyView>>
  readonly settings: WritableAtom<ChatSettings>
  viewOf(reply: ReplyNode): ReplyView
  /**
   * Loads a model if it fits the device; another that is loading is cancelled. Never rejects: `model` says how it went.
   * @param options.anyway - Tries it although the device seems unfit.
   */
  load(source: ModelSource, options?: { readonly anyway?: boolean }): Promise<void>
  /** Loads the last model again. */
  reload(options?: { readonly anyway?: boolean }): Promise<void>
  cancelLoad(): void
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
  /** Ends the run, the load and the subscription to the engine; the engine itself stays. */
  dispose(): void
}

export function createChatSession(engine: Engine): ChatSession {
  const $engine = atom<EngineState>(engine.state)
  const $model = atom<ModelState>({ status: 'none' })
  const $conversation = atom<Conversation>(createConversation())
  const $run = atom<CurrentRun | undefined>(undefined)
  const $views = atom<ReadonlyMap<string, ReplyView>>(new Map())
  const $settings = atom<ChatSettings>(DEFAULT_SETTINGS)
  const stored = new WeakMap<ReplyNode, ReplyView>() // of replies that nothing writes; reading one anew takes time
  let source: ModelSource | undefined
  let latestLoad: AbortController | undefined
  let loadDone: Promise<void> | undefined
  let writing: { readonly stop: AbortController; readonly answerNow: AbortController } | undefined

  const unsubscribe = engine.subscribe((state) => {
    $engine.set(state)
    const model = $model.get()
    if (state.status === 'lost' && model.status === 'ready') {
      $model.set({ status: 'failed', model: model.model, error: state.error })
    }
  })

  function loadModel(next: ModelSource, { anyway = false } = {}): Promise<void> {
    latestLoad?.abort()
    source = next
    const control = new AbortController()
    latestLoad = control
    loadDone = runLoad(next, control, anyway)
    return loadDone
  }

  async function runLoad(from: ModelSource, control: AbortController, anyway: boolean): Promise<void> {
    const { signal } = control
    let model: ModelDescription | undefined = typeof from === 'function' ? undefined : from
    const known = () => (model === undefined ? {} : { model })
    const set = (state: ModelState) => {
      if (latestLoad === control) $model.set(state)
    }
    set({ status: 'loading', step: 'describe', ...known() })
    try {
      const description = typeof from === 'function' ? await from(signal) : from
      model = description
      if (latestLoad === control) source = description
      set({ status: 'loading', step: 'start', model: description })
      const device = await engine.capabilities()
      const fit = checkFit(description, device, await engine.storedBytes(description))
      signal.throwIfAborted()
      if (fit.verdict === 'does-not-fit' && !anyway) {
        const better = bestModel(prebuiltModels, device)
        set({ status: 'unfit', model: description, fit, device, ...(better === undefined ? {} : { better }) })
        return
      }
      const listing = { status: 'loading', step: 'list', model: description } as const
      set(listing)
      const onProgress = (progress: LoadProgress) => set({ ...listing, progress })
      const loaded = await engine.load(description, { signal, onProgress })
      set({ status: 'ready', model: description, fit, loaded })
    } catch (error) {
      if (signal.aborted) set({ status: 'cancelled', ...known() })
      else set({ status: 'failed', ...known(), error: ReflectionError.from(error) })
    }
  }

  /** The loaded model; undefined when it cannot be loaded, which `$model` explains. */
  async function readyModel(): Promise<ModelDescription | undefined> {
    if ($model.get().status === 'loading') await loadDone
    else if (source !== undefined) await loadModel(source)
    return loadedModel()
  }

  function loadedModel(): ModelDescription | undefined {
    const state = $model.get()
    return state.status === 'ready' ? state.model : undefined
  }

  /** Changes the conversation so that a reply streams, and lets the model write it. @returns What it failed with, if it did. */
  async function reply(
    change: (model: ModelDescription) => { conversation: Conversation; replyId: string },
  ): Promise<ReflectionError | undefined> {
    if (writing !== undefined) throw new ReflectionError('request-invalid', 'A reply is being written. Stop it first.')
    const model = loadedModel() ?? (await readyModel())
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
    const stop = new AbortController()
    const answerNow = new AbortController()
    const mine = { stop, answerNow }
    writing = mine
    const settings = $settings.get()
    const messages = messagesFor(conversation, systemPromptFor(settings, model, conversation.instructions))
    const before = replyIn(conversation, replyId).checkpoints?.at(-1)
    $conversation.set(conversation)
    $run.set({ replyId, isStopping: false, isAnswering: false })

    const isCurrent = () => writing === mine
    const view = () => viewIn(replyId)
    const sink = (ofRun: readonly RunEvent[]) => {
      if (!isCurrent()) return // the run has settled, or its conversation is gone
      const events = before === undefined ? ofRun : ofRun.map((event) => countedFrom(event, before))
      $conversation.set(withEvents($conversation.get(), replyId, events))
      setView(replyId, addEvents(view(), events))
    }
    let end: ReplyEnd
    try {
      const request = { messages, options: optionsFor(settings) }
      const usage = await engine.generate(request, sink, { signal: stop.signal, answerNow: answerNow.signal })
      end = { status: 'complete', usage }
    } catch (error) {
      const { usage } = view()
      if (stop.signal.aborted) end = { status: 'interrupted', ...(usage === undefined ? {} : { usage }) }
      else end = { status: 'failed', error: ReflectionError.from(error) }
    }
    if (!isCurrent()) return undefined
    writing = undefined
    setView(replyId, { ...view(), finishReason: view().finishReason ?? 'abort' })
    const written = $conversation.get()
    const counted = end.status === 'complete' ? written : withStanding(written, replyId, view())
    $conversation.set(finishReply(counted, replyId, end))
    $run.set(undefined)
    return end.status === 'failed' ? end.error : undefined
  }

  function viewIn(replyId: string): ReplyView {
    return $views.get().get(replyId) ?? EMPTY_REPLY
  }

  function setView(replyId: string, view: ReplyView): void {
    $views.set(new Map($views.get()).set(replyId, view))
  }

  function viewOf(node: ReplyNode): ReplyView {
    const known = $views.get().get(node.id) ?? stored.get(node)
    if (known !== undefined) return known
    const view = node.status === 'streaming' ? continuedView(node) : viewOfReply(node)
    stored.set(node, view)
    return view
  }

  /** The message as it is sent. */
  function worded(text: string): string {
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
    const error = await reply((model) => {
      before = $conversation.get()
      return withNewReply(add(before), model)
    })
    if (error?.code !== 'prompt-too-long' || before?.id !== $conversation.get().id) return
    $conversation.set(before)
    throw error
  }

  function halt(): void {
    writing?.stop.abort()
  }

  /** Ends the reply that is being written without waiting for the engine. */
  function endNow(): void {
    const run = $run.get()
    halt()
    writing = undefined
    if (run === undefined) return
    const cut = withStanding($conversation.get(), run.replyId, viewIn(run.replyId))
    $conversation.set(finishReply(cut, run.replyId, { status: 'interrupted' }))
    $run.set(undefined)
  }

  return {
    engine: $engine,
    model: $model,
    conversation: $conversation,
    run: $run,
    views: $views,
    settings: $settings,
    viewOf,
    load: loadModel,
    async reload(options) {
      if (source !== undefined) await loadModel(source, options)
    },
    cancelLoad: () => latestLoad?.abort(),
    ask: (text) => send((conversation) => addUserMessage(conversation, worded(text))),
    async regenerate(replyId) {
      await reply((model) => {
        const conversation = regenerateReply($conversation.get(), replyId, authorOf(model))
        return { conversation, replyId: lastId(conversation) }
      })
    },
    edit: (messageId, text) => send((conversation) => editUserMessage(conversation, messageId, worded(text))),
    async continueReply(replyId) {
      await reply((model) => {
        const conversation = resumeReply($conversation.get(), replyId)
        const node = replyIn(conversation, replyId)
        if (!sameGrammar(node.grammar, authorOf(model).grammar)) {
          throw new ReflectionError(
            'request-invalid',
            `The reply was written by ${node.modelId}, which marks its thinking in another way than ${model.name}. Regenerate it instead.`,
          )
        }
        setView(replyId, continuedView(replyIn($conversation.get(), replyId)))
        return { conversation, replyId }
      })
    },
    stop() {
      const run = $run.get()
      if (run === undefined) return
      $run.set({ ...run, isStopping: true })
      halt()
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
    dispose() {
      endNow()
      latestLoad?.abort()
      unsubscribe()
    },
  }
}

/** Adds what some events wrote to the raw reply. A run that continues a reply may send its last characters once more, as part of a tag. */
function withEvents(conversation: Conversation, replyId: string, events: readonly RunEvent[]): Conversation {
  const known = replyIn(conversation, replyId).content.length
  let written = ''
  let next = conversation
  for (const event of events) {
    if (event.type === 'answer-forced') {
      const { cause, start, end } = event
      next = markForced(next, replyId, { cause, start, end })
    } else if (event.type === 'checkpoint') {
      next = addCheckpoint(next, replyId, event)
    } else if ('start' in event) {
      const raw = event.type === 'markup' ? event.raw : event.delta
      written += raw.slice(Math.max(0, known + written.length - event.start))
    }
  }
  return written === '' ? next : appendToReply(next, replyId, written)
}

/** Notes in a reply that was cut off how it stood, which a run that ends says itself. */
function withStanding(conversation: Conversation, replyId: string, { standing }: ReplyView): Conversation {
  return addCheckpoint(conversation, replyId, { at: replyIn(conversation, replyId).content.length, ...standing })
}

/** The event of a run that goes on with a reply, with its costs counted from the reply's first run. */
function countedFrom(event: RunEvent, before: Checkpoint): RunEvent {
  if (event.type !== 'progress' && event.type !== 'checkpoint') return event
  const tokens = addTokens(before.tokens, event.tokens)
  return { ...event, tokens, elapsedMs: before.elapsedMs + event.elapsedMs }
}

function authorOf({ id: modelId, revision, dialect, template }: ModelDescription): ReplyAuthor {
  const grammar = { dialect, start: replyStart(template) }
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
