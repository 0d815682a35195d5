/** Makes MathML of TeX, in a worker because some formulae take for ever. */
import temml from 'temml'
import { READY } from './timed-worker.ts'

export interface MathQuestion {
  readonly tex: string
  readonly displayMode: boolean
}

/** @returns Undefined for a formula that cannot be read. */
function typeset({ tex, displayMode }: MathQuestion): string | undefined {
  try {
    return temml.renderToString(tex, { displayMode, throwOnError: true, trust: false })
  } catch {
    return undefined
  }
}

addEventListener('message', ({ data }: MessageEvent<MathQuestion>) => postMessage(typeset(data)))
postMessage(READY)
