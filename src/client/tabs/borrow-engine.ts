import type { GenerateControl, LoadOptions, LoadProgress, RunEvent, WaitReason } from '../../core/engine.ts'
import { createEngineStates } from '../../core/engine-states.ts'
import { ReflectionError } from '../../core/errors.ts'
import { isTabAnswer, type TabAnswer, type TabMethod, type TabRequest } from '../../protocol/tab-messages.ts'
import { fromWire } from '../../protocol/wire-error.ts'
import type { LocalEngine } from '../create-engine.ts'
import { createPairedSink } from '../paired-sink.ts'

/** The engine of another tab. */
export interface BorrowedEngine extends LocalEngine {
  /** Nothing comes from there any more: what was called rejects with the reason. */
  end(reason: ReflectionError): void
}

export interface BorrowOptions {
  /** How long the other tab may leave a sign unanswered while someone waits for it, milliseconds. */
  readonly patienceMs: number
  /** It was silent for so long. */
  readonly onSilent: () => void
}

/** Where what is told of a call goes, beside its outcome. */
interface Told {
  readonly onEvents?: (events: readonly RunEvent[]) => void
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined
  readonly onWait?: ((reason: WaitReason | undefined) => void) | undefined
}

interface Call extends Told {
  readonly resolve: (value: never) => void
  readonly reject: (error: ReflectionError) => void
  batches: number
}

/** An engine over a channel to the tab that has it, which `serveTab` answers. */
export function borrowEngine(channel: BroadcastChannel, { patienceMs, onSilent }: BorrowOptions): BorrowedEngine {
  const calls = new Map<number, Call>()
  const states = createEngineStates({ status: 'starting' })
  let isGreeted = false
  let unsent: TabRequest[] = [] // until the other side is there
  let ended: ReflectionError | undefined
  let lastId = 0
  let unanswered = 0 // signs that were asked for in a row
  let timer: ReturnType<typeof setTimeout> | undefined

  function post(message: TabRequest): void {
    if (!isGreeted) unsent.push(message)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    else if (ended === undefined) channel.postMessage(message)
  }

  /** Twice, because a computer that slept finds its timers run out before anyone could answer. */
  function listen(): void {
    if (timer !== undefined || ended !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      if (isGreeted && calls.size === 0) return
      if (unanswered === 2) return onSilent()
      unanswered += 1
      post({ type: 'ping' })
      listen()
    }, patienceMs / 3)
  }

  function call<Value>(method: TabMethod, values: readonly unknown[], told: Told = {}, control: GenerateControl = {}) {
    const id = ++lastId
    return new Promise<Value>((resolve, reject) => {
      const { signal, answerNow } = control
      if (ended !== undefined) return reject(ended)
      signal?.throwIfAborted()
      const stop = () => post({ type: 'stop', id })
      const hurry = () => post({ type: 'answer-now', id })
      const settle = () => {
        calls.delete(id)
        signal?.removeEventListener('abort', stop)
        answerNow?.removeEventListener('abort', hurry)
      }
      calls.set(id, {
        ...told,
        resolve(value) {
          settle()
          resolve(value)
        },
        reject(error) {
          settle()
          reject(signal?.aborted === true ? (signal.reason as Error) : error)
        },
        batches: 0,
      })
      post({ type: 'call', id, method, values })
      signal?.addEventListener('abort', stop, { once: true })
      if (answerNow?.aborted === true) hurry()
      else answerNow?.addEventListener('abort', hurry, { once: true })
      listen()
    })
  }

  function greeted(): void {
    isGreeted = true
    const requests = unsent
    unsent = []
    for (const request of requests) post(request)
  }

  function take(answer: TabAnswer): void {
    if (answer.type === 'pong') return
    if (answer.type === 'state') {
      if (!isGreeted) greeted()
      const { state: told } = answer
      return states.set(told.status === 'lost' ? { ...told, error: fromWire(told.error) } : told)
    }
    const one = calls.get(answer.id)
    if (one === undefined) return
    switch (answer.type) {
      case 'events':
        one.onEvents?.(answer.events)
        one.batches += 1
        return post({ type: 'taken', id: answer.id, count: one.batches })
      case 'progress':
        return one.onProgress?.(answer.progress)
      case 'waits':
        return one.onWait?.(answer.reason)
      case 'done':
        return one.resolve(answer.value as never)
      case 'failed':
        return one.reject(fromWire(answer.error))
    }
  }

  const onMessage = ({ data }: MessageEvent<unknown>) => {
    if (!isTabAnswer(data)) return
    unanswered = 0
    take(data)
  }
  channel.addEventListener('message', onMessage)
  listen()

  return {
    get state() {
      return states.current
    },
    subscribe: states.subscribe,
    capabilities: () => call('capabilities', []),
    load: (model, { signal, onProgress, onWait, engine }: LoadOptions = {}) =>
      call('load', [model, engine], { onProgress, onWait }, signal === undefined ? {} : { signal }),
    async generate(request, sink, control = {}) {
      control.signal?.throwIfAborted()
      const paired = createPairedSink(sink)
      try {
        return await call('generate', [request], { onEvents: paired.send, onWait: control.onWait }, control)
      } finally {
        paired.close()
      }
    },
    async prepare(request) {
      await call('prepare', [request]).catch(() => undefined) // the next run says what is wrong
    },
    countTokens: (text) => call('countTokens', [text]),
    unload: () => call('unload', []),
    storedBytes: (model, kind) => call('storedBytes', [model, kind]),
    deleteStored: (model) => call('deleteStored', [model]),
    storage: {
      models: () => call('storedModels', []),
      verify: (folderUrl, onProgress) => call('verifyStored', [folderUrl], { onProgress }),
      delete: (folderUrl) => call('dropStored', [folderUrl]),
      export: (folderUrl) => call('exportStored', [folderUrl]),
      describe: (files) => call('describeFiles', [files]),
      import: (files, onProgress) => call('importModel', [files], { onProgress }),
    },
    stats: () => call('stats', []),
    dispose() {
      end(new ReflectionError('worker-died', 'The engine was ended by the page.'))
    },
    end,
  }

  function end(reason: ReflectionError): void {
    if (ended !== undefined) return
    ended = reason
    clearTimeout(timer)
    channel.removeEventListener('message', onMessage)
    channel.close()
    for (const one of calls.values()) one.reject(reason)
  }
}
