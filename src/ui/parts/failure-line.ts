import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { Locale } from '../words/locales.ts'
import { failureWords, type Failure } from './failure-text.ts'

/** Sentence and detail of a failure, for a line that has no room for its title. */
export function failureLine(failure: Failure, locale: Locale): TemplateResult {
  const { sentence, detail } = failureWords(failure, locale)
  return html`${sentence} ${detail === undefined ? nothing : html`<span lang="en">${detail}</span>`}`
}
