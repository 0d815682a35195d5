import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ModelState } from '../../state/model-loader.ts'
import { modelSummary } from '../models/model-summary.ts'
import type { Locale } from '../words/locales.ts'

/** Most questions that are offered to someone who has not asked anything. */
const MOST_EXAMPLES = 6

/** What a chat without messages shows: what the model is, and questions to begin with. */
export function emptyChat(model: ModelState, locale: Locale, onAsk: (question: string) => void): TemplateResult {
  const { words } = locale
  const description = 'model' in model ? model.model : undefined
  const examples = model.status === 'unfit' ? [] : (description?.examples.slice(0, MOST_EXAMPLES) ?? [])
  return html`
    <section class="empty">
      <h2 class="lead">${words.empty.lead}</h2>
      ${description === undefined ? nothing : summaryLine(description, locale)}
      ${
        examples.length === 0
          ? nothing
          : html`<ul class="examples" aria-label=${words.empty.examples}>
              ${examples.map(
                (example) =>
                  html`<li>
                    <button
                      type="button"
                      lang="en"
                      ?disabled=${model.status !== 'ready'}
                      @click=${() => onAsk(example)}
                    >
                      ${example}
                    </button>
                  </li>`,
              )}
            </ul>`
      }
    </section>
  `
}

function summaryLine(model: ModelDescription, locale: Locale): TemplateResult {
  const { text, language } = modelSummary(model, locale)
  return html`<p class="hint" lang=${language ?? nothing}>${text}</p>`
}
