import { html, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ChatMatch, Snippet } from '../../core/chat/search-chats.ts'
import type { SearchHit } from '../../state/library/search-all.ts'
import { formatRoute, type Route } from '../../state/route.ts'
import { shownTitle } from './chat-row.ts'
import type { Locale } from '../words/locales.ts'

export interface SearchHitsProps {
  readonly hits: readonly SearchHit[]
  /** Of the chat that is shown. */
  readonly shownId: string
  readonly locale: Locale
}

/** Links to the chats that were found, each with its date and the words in their place. */
export function searchHits({ hits, shownId, locale }: SearchHitsProps): TemplateResult {
  const { words, format } = locale
  const now = Date.now()
  return html`<ol class="hits" aria-label=${words.search.label}>
    ${repeat(
      hits,
      ({ summary }) => summary.id,
      ({ summary, match }) =>
        html`<li class="hit" data-chat-id=${summary.id}>
          <a
            class="hit-link"
            href=${formatRoute(placeOf(summary.id, match))}
            aria-current=${summary.id === shownId ? 'true' : 'false'}
          >
            <span class="hit-title" dir="auto"
              >${match.place === 'title' ? marked(match) : shownTitle(summary, words)}</span
            >
            <span class="hit-facts">
              ${match.place === 'title' ? '' : html`<span class="hit-place">${words.search.places[match.place]}</span>`}
              <span class="hit-date">${format.shortDate(summary.updatedAt, now)}</span>
            </span>
            ${match.place === 'title' ? '' : html`<span class="hit-snippet" dir="auto">${marked(match)}</span>`}
          </a>
        </li>`,
    )}
  </ol>`
}

/** A title is not at any message. */
function placeOf(chatId: string, match: ChatMatch): Route {
  return { page: 'chat', chatId, ...(match.place === 'title' ? {} : { nodeId: match.nodeId }) }
}

function marked({ snippet, ranges }: Snippet): (string | TemplateResult)[] {
  const parts: (string | TemplateResult)[] = []
  let at = 0
  for (const { start, end } of ranges) {
    parts.push(snippet.slice(at, start), html`<mark>${snippet.slice(start, end)}</mark>`)
    at = end
  }
  return [...parts, snippet.slice(at)]
}
