import type { ModelState } from '../../state/model-loader.ts'
import type { Words } from '../words/en.ts'
import { plainModelName } from './plain-model-name.ts'

/** How it stands with the model, in a few words. */
export function modelStatus(state: ModelState, { model }: Words): string {
  const name = 'model' in state && state.model !== undefined ? plainModelName(state.model.name) : undefined
  const status = statusWord(state.status, model)
  return name === undefined ? status : `${name} · ${status}`
}

/** The same without the name. */
export function statusWord(status: ModelState['status'], words: Words['model']): string {
  switch (status) {
    case 'none':
      return words.none
    case 'loading':
      return words.loading
    case 'cancelled':
      return words.notLoaded
    case 'unfit':
      return words.cannotRun
    case 'failed':
      return words.stopped
    case 'ready':
      return words.ready
  }
}
