import { beginTrial, SHARED_BYTES, takePart } from './thread-rounds.ts'
import type { Trials } from './thread-trial.ts'

/** Trials whose times count; one before them lets the browser compile what they run. */
const TRIALS = 3

/** How long the other threads may take to be there, milliseconds. */
const START_MS = 5000

/**
 * How many times as fast so many threads are here as one, when they wait for each other as those of llama.cpp do: hardly faster, or slower, where
 * other programs use the same processors. Takes some tenths of a second, and more than one thread only where memory can be shared.
 * @returns 0 where there are no such threads, or they have to wait for each other far too long.
 */
export async function measureThreads(threads: number): Promise<number> {
  const others = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL('./thread-trial.ts', import.meta.url), { type: 'module' }),
  )
  try {
    await within(START_MS, Promise.all(others.map(answer)))
    const shared = new Int32Array(new SharedArrayBuffer(SHARED_BYTES))
    const alone = new Int32Array(new SharedArrayBuffer(SHARED_BYTES))
    const trials: Trials = { shared, threads, count: TRIALS + 1 }
    for (const other of others) other.postMessage(trials, { transfer: [] })
    let [apart, together] = [0, 0]
    for (let trial = 0; trial <= TRIALS; trial += 1) {
      const one = takePart(alone, 1)
      beginTrial(shared)
      const all = takePart(shared, threads)
      if (all === Infinity) return 0
      if (trial > 0) [apart, together] = [apart + one, together + all]
    }
    return apart / together
  } catch {
    return 0
  } finally {
    for (const other of others) other.terminate()
  }
}

function answer(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', () => resolve(), { once: true })
    worker.addEventListener('error', () => reject(new Error('A thread could not be started.')), { once: true })
  })
}

function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The threads did not start.')), milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
