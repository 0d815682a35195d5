import { nothing } from 'lit/html.js'
import type { FetchPart } from '../parts/fetch-part.ts'
import type { MessageItems, MessageItemsParts } from './message-items.ts'

/** Draws messages with what is fetched when there is the first of them. */
export interface FetchedMessageItems {
  readonly draw: MessageItems
  /** Fetches it, unless it is there or on its way; early enough for a message to find it there. */
  need(): void
}

/** @param parts - `redraw` is called when it has come. */
export function createFetchedMessageItems(fetchPart: FetchPart, parts: MessageItemsParts): FetchedMessageItems {
  let items: MessageItems | undefined
  let isComing = false

  async function fetchItems(): Promise<void> {
    isComing = true
    const part = await fetchPart(import('./message-items.ts'))
    isComing = false
    items = part?.createMessageItems(parts)
    if (items !== undefined) parts.redraw()
  }

  function need(): void {
    if (items === undefined && !isComing) void fetchItems()
  }

  return {
    need,
    draw(path, drawn, canAsk) {
      if (items !== undefined) return items(path, drawn, canAsk)
      if (path.length > 0) need()
      return nothing
    },
  }
}
