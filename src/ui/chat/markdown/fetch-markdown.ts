import type { FetchPart } from '../../parts/fetch-part.ts'
import { fetchReasoning } from '../fetched-reasoning.ts'

/** Whether answers can be rendered. */
export type MarkdownStatus = 'unneeded' | 'coming' | 'here' | 'missing'

export interface MarkdownPart {
  status(): MarkdownStatus
  /** Fetches what renders answers, unless it is there or on its way; early enough for an answer to find it there. */
  need(): void
}

/** @param redraw - Called when it has come, or cannot be fetched. */
export function createMarkdownPart(fetchPart: FetchPart, redraw: () => void): MarkdownPart {
  let status: MarkdownStatus = isDefined() ? 'here' : 'unneeded'

  async function fetch(): Promise<void> {
    status = 'coming'
    const reasoning = fetchReasoning().catch(() => undefined) // without it, answers are still rendered
    const parts = Promise.all([import('./markdown-text.ts'), reasoning])
    const part = await fetchPart(parts.then(([markdown]) => markdown))
    if (part !== undefined && !isDefined()) customElements.define('st-markdown', part.MarkdownTextElement)
    status = part === undefined ? 'missing' : 'here'
    redraw()
  }

  return {
    status: () => status,
    need() {
      if (status === 'unneeded') void fetch()
    },
  }
}

function isDefined(): boolean {
  return customElements.get('st-markdown') !== undefined
}
