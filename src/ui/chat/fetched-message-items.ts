import { nothing } from 'lit/html.js'
import { fetchOnce } from '../parts/fetch-once.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import type { MessageItems, MessageItemsParts } from './message-items.ts'

/** Draws messages with what is fetched when there is the first of them. */
export interface FetchedMessageItems {
  readonly draw: MessageItems
  /** Fetches it, unless it is there or on its way; early enough for a message to find it there. */
  need(): void
  /** Whether it has come. */
  isThere(): boolean
}

/** @param parts - `redraw` is called when it has come. */
export function createFetchedMessageItems(fetchPart: FetchPart, parts: MessageItemsParts): FetchedMessageItems {
  const fetchItems = async () => (await import('./message-items.ts')).createMessageItems(parts)
  const items = fetchOnce(fetchPart, fetchItems, parts.redraw)
  return {
    need: items.need,
    isThere: () => items.get() !== undefined,
    draw(path, drawn, canAsk) {
      if (path.length > 0) items.need()
      return items.get()?.(path, drawn, canAsk) ?? nothing
    },
  }
}
