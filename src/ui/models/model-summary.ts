import type { ModelDescription } from '../../core/models/model-description.ts'
import { hostOf } from '../../core/models/remote-server.ts'
import { suppliedModels } from '../../core/models/model-list.ts'
import type { Locale } from '../words/locales.ts'

/** A text and its language, BCP 47; absent where nobody knows it. */
export interface Summary {
  readonly text: string
  readonly language?: string
}

/** What a model is, in the language of the page where somebody put it in words; those that users bring with a manifest speak for themselves. */
export function modelSummary(model: ModelDescription, { language, words, format }: Locale): Summary {
  const { id, origin, summary, imported, server } = model
  if (server !== undefined) return { text: words.server.summary(hostOf(server)), language }
  if (imported !== undefined) {
    const { parameters, quantization } = imported.description
    return { text: words.models.ggufSummary(format.roundNumber(parameters), quantization), language }
  }
  const isOurs = origin !== 'user' || suppliedModels.some((known) => known.id === id && known.summary === summary)
  if (!isOurs) return { text: summary }
  const text = words.summaries[id.replace(/-q\df\d\d.*$/, '')]
  return text === undefined ? { text: summary, language: 'en' } : { text, language }
}
