import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ModelState } from '../../state/model-loader.ts'
import { icon } from '../parts/icon.ts'
import { mark } from '../parts/mark.ts'
import type { Words } from '../words/locales.ts'
import type { Locale } from '../words/locales.ts'
import { exampleCards } from './example-cards.ts'

/** What stands above the field of a chat without messages. */
export function greeting({ words }: Locale): TemplateResult {
  return html`<section class="empty" part="greeting">
    ${mark()}
    <h2 class="lead">${words.empty.lead}</h2>
  </section>`
}

/**
 * What stands below it: questions to begin with, by what they are about.
 * @param suggestions - Questions of the page around, in the place of those that the model is good at; undefined for these.
 * @param chatCount - How many chats are kept: the questions change from one to the next, and the first visit has a word of explanation.
 */
export function beginnings(
  model: ModelState,
  suggestions: readonly string[] | undefined,
  chatCount: number | undefined,
  locale: Locale,
  onAsk: (question: string) => void,
): TemplateResult {
  const { words } = locale
  if (suggestions !== undefined) return ownBeginnings(model, suggestions, words, onAsk)
  const description =
    model.status === 'ready' || model.status === 'loading' || model.status === 'paused' ? model.model : undefined
  const isElsewhere = 'model' in model && model.model?.server !== undefined // which the field says
  const cards = description === undefined ? [] : exampleCards(description, locale, chatCount)
  return html`<div class="beginnings">
    ${chatCount === 0 && !isElsewhere ? html`<p class="hint">${words.sentences(words.empty.promise, words.empty.privacy)}</p>` : nothing}
    ${
      cards.length === 0
        ? nothing
        : html`<ul class="examples" aria-label=${words.empty.examples}>
            ${cards.map(
              ({ shape, kind, question, isForeign }) =>
                html`<li>
                  <button type="button" ?disabled=${model.status !== 'ready'} @click=${() => onAsk(question)}>
                    <span class="example-kind">${icon(shape)} <span>${kind}</span></span>
                    <span class="example-question" lang=${isForeign ? 'en' : nothing}>${question}</span>
                  </button>
                </li>`,
            )}
          </ul>`
    }
  </div>`
}

/** Questions of the page around; one that comes before the model waits for it. */
function ownBeginnings(
  model: ModelState,
  suggestions: readonly string[],
  words: Words,
  onAsk: (question: string) => void,
): TemplateResult {
  const canAsk = ['ready', 'loading', 'paused', 'none'].includes(model.status)
  return html`<div class="beginnings">
    <ul class="examples" aria-label=${words.empty.examples}>
      ${suggestions.map(
        (question) =>
          html`<li>
            <button type="button" dir="auto" ?disabled=${!canAsk} @click=${() => onAsk(question)}>${question}</button>
          </li>`,
      )}
    </ul>
  </div>`
}
