/** A worker says this once it can take questions. */
export const READY = 'ready'

/** How long one answer may take, milliseconds: a hundred times what usual ones take, so that only what would not end runs into it. */
const LIMIT_MS = 2000

/** Asks a worker; undefined when it has no answer, found none in time, or could not be started. */
export type AskWorker<Question, Answer> = (question: Question) => Promise<Answer | undefined>

/**
 * Leaves work to a worker that may take for ever: it gets one question at a time, and is ended and started anew when it does not
 * answer in time.
 * @param start - Called when there is a question and no worker.
 */
export function createTimedWorker<Question, Answer>(start: () => Worker): AskWorker<Question, Answer> {
  let running: { worker: Worker; isReady: Promise<void> } | undefined
  let last: Promise<unknown> = Promise.resolve()

  function run(): { worker: Worker; isReady: Promise<void> } {
    const worker = start()
    running = { worker, isReady: nextMessage(worker).then(() => undefined) }
    return running
  }

  async function answer(question: Question): Promise<Answer | undefined> {
    try {
      const { worker, isReady } = running ?? run()
      await isReady
      worker.postMessage(question, { transfer: [] })
      return (await nextMessage(worker, LIMIT_MS)) as Answer | undefined
    } catch {
      running?.worker.terminate()
      running = undefined
      return undefined
    }
  }

  return (question) => {
    const answered = last.then(() => answer(question))
    last = answered
    return answered
  }
}

/** @param limit - Milliseconds until it is given up; for ever if absent. */
function nextMessage(worker: Worker, limit?: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const heard = new AbortController()
    const settle = (action: () => void) => {
      clearTimeout(timer)
      heard.abort()
      action()
    }
    const fail = (why: string) => settle(() => reject(new Error(`The worker ${why}.`)))
    const timer = limit === undefined ? undefined : setTimeout(() => fail('took too long'), limit)
    const { signal } = heard
    worker.addEventListener('message', ({ data }) => settle(() => resolve(data)), { signal })
    worker.addEventListener('error', () => fail('failed'), { signal })
  })
}
