/** The workers that colour code and typeset formulae, as files that a site serves: bundlers of other projects treat workers in packages in too many ways. */
import { ReflectionError } from '../../../core/errors.ts'
import { startServedWorker } from '../../../core/start-served-worker.ts'

let servedFrom: string | undefined

export function startHighlightWorker(): Worker {
  return start('highlight-worker.js')
}

export function startMathWorker(): Worker {
  return start('math-worker.js')
}

/** Says from which folder they are served. @param folder - Absolute, with a slash at its end. */
export function serveWorkersFrom(folder: string): void {
  servedFrom = folder
}

/** @throws {ReflectionError} `assets-missing` before the folder is known; code and formulae then stay as they were written. */
function start(file: string): Worker {
  if (servedFrom === undefined) throw new ReflectionError('assets-missing', `Nobody has said where ${file} is served.`)
  return startServedWorker(new URL(file, servedFrom).href)
}
