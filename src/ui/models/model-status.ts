import type { ModelState } from '../../state/model-loader.ts'
import type { Words } from '../words/locales.ts'
import { plainModelName } from './plain-model-name.ts'

/** How it stands with the model, in a few words. */
export function modelStatus(state: ModelState, { model: words, server }: Words): string {
  const model = 'model' in state ? state.model : undefined
  const status = statusWord(state, words)
  if (model === undefined) return status
  const said = [plainModelName(model.name), status, ...(model.server === undefined ? [] : [server.badge])]
  return said.join(' · ')
}

/** The same without the name. */
export function statusWord(state: ModelState, words: Words['model']): string {
  switch (state.status) {
    case 'none':
      return words.none
    case 'loading':
      return words.loading
    case 'paused':
      return words.paused
    case 'cancelled':
      return words.notLoaded
    case 'unfit':
      return words.cannotRun
    case 'failed':
      return state.wasReady ? words.stopped : words.notLoaded
    case 'ready':
      return words.ready
  }
}
