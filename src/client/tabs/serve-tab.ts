import type { EngineState, RunEvent, WaitReason } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { isTabRequest, type TabAnswer, type TabRequest, type WireState } from '../../protocol/tab-messages.ts'
import { toWire } from '../../protocol/wire-error.ts'
import type { LocalEngine } from '../create-engine.ts'

/** Batches of a run that may be under way: while a tab takes none, as one that is frozen, the rest waits here as one. */
const MOST_UNDERWAY = 8

/** Calls of one tab that may wait for their end; a page makes a handful. */
const MOST_CALLS = 64

/** A call that goes on. */
interface Call {
  readonly stop: AbortController
  readonly answerNow: AbortController
  /** Batches that were sent and that have arrived. */
  sent: number
  taken: number
  waiting: RunEvent[]
}

/** An engine that another tab is served with. */
export interface ServedTab {
  /** Tells how it stands; to be called when the tab asks who is there. */
  greet(): void
  /** Stops what the tab has asked for. */
  close(): void
}

/** Does for another tab what it asks for over a channel. What is not of our messages is passed over. */
export function serveTab(engine: LocalEngine, channel: BroadcastChannel): ServedTab {
  const calls = new Map<number, Call>()
  let isClosed = false

  function post(message: TabAnswer): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    if (!isClosed) channel.postMessage(message)
  }

  function flush(id: number, call: Call): void {
    if (call.waiting.length === 0) return
    post({ type: 'events', id, events: call.waiting })
    call.waiting = []
    call.sent += 1
  }

  async function perform({ id, method, values }: Extract<TabRequest, { type: 'call' }>, call: Call): Promise<unknown> {
    const onProgress = (progress: Extract<TabAnswer, { type: 'progress' }>['progress']) =>
      post({ type: 'progress', id, progress })
    const onWait = (reason: WaitReason | undefined) =>
      post({ type: 'waits', id, ...(reason === undefined ? {} : { reason }) })
    const { signal } = call.stop
    const [value, choice] = values as never[] // each was looked at, by `isTabRequest`
    switch (method) {
      case 'load':
        return engine.load(value!, { signal, onProgress, onWait, ...(choice !== undefined && { engine: choice }) })
      case 'generate': {
        const sink = (events: readonly RunEvent[]) => {
          call.waiting.push(...events)
          if (call.sent - call.taken < MOST_UNDERWAY) flush(id, call)
        }
        try {
          return await engine.generate(value!, sink, { signal, answerNow: call.answerNow.signal, onWait })
        } finally {
          flush(id, call)
        }
      }
      case 'capabilities':
        return engine.capabilities()
      case 'prepare':
        return engine.prepare(value!)
      case 'countTokens':
        return engine.countTokens(value!)
      case 'unload':
        return engine.unload()
      case 'storedBytes':
        return engine.storedBytes(value!, choice)
      case 'deleteStored':
        return engine.deleteStored(value!)
      case 'stats':
        return engine.stats()
      case 'storedModels':
        return engine.storage.models()
      case 'verifyStored':
        return engine.storage.verify(value!, onProgress)
      case 'dropStored':
        return engine.storage.delete(value!)
      case 'exportStored':
        return engine.storage.export(value!)
      case 'describeFiles':
        return engine.storage.describe(value!)
      case 'importModel':
        return engine.storage.import(value!, onProgress)
    }
  }

  async function answer(request: Extract<TabRequest, { type: 'call' }>): Promise<void> {
    const { id } = request
    if (calls.has(id)) return // a message that was made up: ids are used once
    if (calls.size >= MOST_CALLS) {
      const error = new ReflectionError('request-invalid', `At most ${MOST_CALLS} calls can wait at once.`)
      return post({ type: 'failed', id, error: toWire(error) })
    }
    const call: Call = {
      stop: new AbortController(),
      answerNow: new AbortController(),
      sent: 0,
      taken: 0,
      waiting: [],
    }
    calls.set(id, call)
    try {
      post({ type: 'done', id, value: await perform(request, call) })
    } catch (error) {
      post({ type: 'failed', id, error: toWire(error) })
    } finally {
      calls.delete(id)
    }
  }

  function onMessage({ data }: MessageEvent<unknown>): void {
    if (!isTabRequest(data)) return
    if (data.type === 'call') return void answer(data)
    if (data.type === 'ping') return post({ type: 'pong' })
    const call = calls.get(data.id)
    if (call === undefined) return
    if (data.type === 'stop') call.stop.abort()
    if (data.type === 'answer-now') call.answerNow.abort()
    if (data.type !== 'taken') return
    call.taken = Math.min(call.sent, Math.max(call.taken, data.count))
    if (call.sent - call.taken < MOST_UNDERWAY) flush(data.id, call)
  }

  channel.addEventListener('message', onMessage)
  const tellState = (state: EngineState) => post({ type: 'state', state: wireState(state) })
  const unsubscribe = engine.subscribe(tellState)
  return {
    greet: () => tellState(engine.state),
    close() {
      unsubscribe()
      engine.dispose()
      isClosed = true
      channel.removeEventListener('message', onMessage)
      channel.close()
    },
  }
}

function wireState(state: EngineState): WireState {
  return state.status === 'lost' ? { status: 'lost', error: toWire(state.error) } : state
}
