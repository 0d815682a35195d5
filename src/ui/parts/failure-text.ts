import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReflectionError } from '../../core/errors.ts'
import type { Locale } from '../words/locales.ts'

/** What is known of a failure; stored ones have no details. */
export type Failure = Pick<ReflectionError, 'code' | 'message'> & Partial<Pick<ReflectionError, 'details'>>

export interface FailureWords {
  readonly title: string
  /** What happened or what to do, in the language of the page. */
  readonly sentence: string
  /** The error's own message, in English, where the sentence does not say it. */
  readonly detail?: string
}

/**
 * A failure in words. Our messages say what happened and what to do, but in English: other languages word it by its code and details, and
 * give the message beside it. Errors that nobody foresaw have foreign messages, which help nobody as they are.
 */
export function failureWords({ code, message, details = {} }: Failure, { language, words }: Locale): FailureWords {
  const { titles, advice, ofFile, ofStatus, ofTokens } = words.failures
  const title = titles[code]
  if (language.startsWith('en') && code !== 'unexpected' && message !== '') return { title, sentence: message }
  const { tokens, limit, status } = details
  const file = details['file'] ?? details['url'] ?? details['manifestUrl']
  const facts = [
    typeof tokens === 'number' && typeof limit === 'number' ? ofTokens(tokens, limit) : '',
    typeof file === 'string' ? ofFile(file.slice(file.lastIndexOf('/') + 1)) : '',
    typeof status === 'number' ? ofStatus(status) : '',
  ]
  const sentence = words.sentences(...facts.filter((fact) => fact !== ''), advice[code])
  return { title, sentence, ...(message === '' ? {} : { detail: message }) }
}

/**
 * Title, sentence and detail of a failure.
 * @param news - What there is to say by now in the place of what was to be done.
 */
export function failureText(failure: Failure, locale: Locale, news?: string): TemplateResult {
  const { title, ...told } = failureWords(failure, locale)
  const { sentence, detail }: Partial<FailureWords> = news === undefined ? told : { sentence: news }
  return html`
    <p class="failure-title">${title}</p>
    <p>${sentence}</p>
    ${detail === undefined ? nothing : html`<p class="failure-detail" lang="en" dir="ltr">${detail}</p>`}
  `
}
