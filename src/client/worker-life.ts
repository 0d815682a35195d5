import * as Comlink from 'comlink'
import { ReflectionError } from '../core/errors.ts'
import { watchPolicy } from '../core/watch-policy.ts'
import type { WorkerApi } from '../protocol/worker-api.ts'
import { fromWire } from '../protocol/wire-error.ts'

/** One worker from its start to its end. */
export interface WorkerLife {
  /** Resolves when the worker's code has been loaded; rejects when it ends before. */
  readonly ready: Promise<void>
  /** Fires when the worker has ended; the reason is a `ReflectionError`. */
  readonly ended: AbortSignal
  /**
   * Calls the worker.
   * @throws {ReflectionError} The worker's own; or the reason for its end, because Comlink's calls never settle when a worker dies.
   */
  call<Value>(work: (api: Comlink.Remote<WorkerApi>) => Promise<Value>): Promise<Value>
  /** Ends the worker for a reason; a second call does nothing. */
  end(reason: ReflectionError): void
  /** Whether it failed before its code was there: another one, started at once, would fail as well. */
  readonly neverBegan: boolean
}

/** @param patienceMs How long the worker may leave a ping unanswered while someone waits for it. */
export function startWorkerLife(createWorker: () => Worker, patienceMs: number): WorkerLife {
  const life = new AbortController()
  const policy = watchPolicy(({ effectiveDirective }) => effectiveDirective === 'worker-src')
  const worker = createWorker()
  const api = Comlink.wrap<WorkerApi>(worker) // kept reachable: a collected proxy drops its replies
  const pending = new Set<symbol>() // calls without an answer
  let isListening = false
  let hasBegun = false
  let neverBegan = false

  function end(reason: ReflectionError): void {
    if (life.signal.aborted) return
    worker.terminate()
    policy.end()
    life.abort(reason)
  }

  /** A worker that was killed from outside, or that hangs, sends no event: it is asked for a sign while someone waits for it. */
  async function listen(): Promise<void> {
    if (isListening) return
    isListening = true
    while (pending.size > 0 && !life.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, patienceMs / 2))
      const silence = setTimeout(() => end(died('it stopped answering')), patienceMs)
      await api.ping()
      clearTimeout(silence)
    }
    isListening = false
  }

  async function call<Value>(work: (api: Comlink.Remote<WorkerApi>) => Promise<Value>): Promise<Value> {
    const id = Symbol('call')
    pending.add(id)
    void listen()
    try {
      return await untilStopped(work(api), life.signal)
    } catch (error) {
      throw fromWire(error)
    } finally {
      pending.delete(id)
    }
  }

  const onError = (event: Event) => {
    const { message = '' } = event as Partial<ErrorEvent>
    if (hasBegun || event.type === 'messageerror') return end(died(message, event))
    neverBegan = true
    void policy.isBroken().then((isForbidden) => end(unstarted(isForbidden, message, event)))
  }
  worker.addEventListener('error', onError)
  worker.addEventListener('messageerror', onError)

  const ready = call((remote) => remote.onLost(Comlink.proxy((error) => end(fromWire(error)))))
  ready.then(
    () => {
      hasBegun = true
      policy.end()
    },
    () => undefined, // whoever waits hears of it; nobody must
  )
  return {
    ready,
    ended: life.signal,
    call,
    end,
    get neverBegan() {
      return neverBegan
    },
  }
}

function unstarted(isForbidden: boolean, how: string, cause: Event): ReflectionError {
  const why = isForbidden
    ? "the page's own Content-Security-Policy forbids it. Allow the place that it comes from there, with worker-src, as in worker-src 'self'"
    : `its file cannot be fetched or run${how === '' ? '' : ` (${how})`}. Check the connection`
  return new ReflectionError('worker-died', `The engine could not be started: ${why}. Then load the model again.`, {
    cause,
  })
}

function died(how: string, cause?: unknown): ReflectionError {
  const detail = how === '' ? '' : ` (${how})`
  const message = `The engine stopped${detail} and was started anew. Load the model again to go on.`
  return new ReflectionError('worker-died', message, { cause })
}

/** The outcome of some work, or the signal's reason if it fires first. Leaves no listener behind. */
async function untilStopped<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  let stop: () => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as ReflectionError)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
