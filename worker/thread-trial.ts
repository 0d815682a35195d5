import { awaitTrial, takePart } from './thread-rounds.ts'

/** What the thread that measures tells the others. */
export interface Trials {
  /** Memory that all of them share. */
  readonly shared: Int32Array
  readonly threads: number
  readonly count: number
}

/** One of the threads that a measurement has beside its own. */
globalThis.addEventListener('message', ({ data }: MessageEvent<Trials>) => {
  for (let trial = 0; trial < data.count; trial += 1) {
    awaitTrial(data.shared, trial)
    takePart(data.shared, data.threads)
  }
})
postMessage('there')
