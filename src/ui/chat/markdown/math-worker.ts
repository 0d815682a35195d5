/** Makes MathML of TeX, in a worker because some formulae take for ever. */
import temml from 'temml'
import { READY } from './timed-worker.ts'

export interface Formula {
  readonly tex: string
  readonly displayMode: boolean
}

/** Undefined where a formula cannot be read. */
export type MathAnswer = readonly (string | undefined)[]

function typeset({ tex, displayMode }: Formula): string | undefined {
  try {
    return temml.renderToString(tex, { displayMode, throwOnError: true, trust: false })
  } catch {
    return undefined
  }
}

addEventListener('message', ({ data }: MessageEvent<readonly Formula[]>) => postMessage(data.map(typeset)))
postMessage(READY)
