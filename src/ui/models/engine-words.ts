import type { ChosenEngine } from '../../core/models/choose-engine.ts'
import type { Words } from '../words/locales.ts'

/** What a model runs on, why, and what would be faster. */
export function engineWords({ engine, why }: ChosenEngine, words: Words): string {
  const { runsOn, whys, faster } = words.engine
  if (why === 'library-missing') return words.sentences(runsOn.processor, whys['gpu-unfit']) // nor does it any other GPU
  if (engine === 'gpu') return words.sentences(runsOn.gpu, whys[why])
  const advice = why === 'chosen' || why === 'gpu-only' || why === 'gpu-fits' ? faster.chosen : faster[why]
  return words.sentences(words.sentences(runsOn.processor, whys[why]), advice)
}
