import type { ReadableAtom } from 'nanostores'
import type { ModelState } from '../../state/model-loader.ts'
import { needLaterWords, type Locale } from '../words/locales.ts'
import { onceAtRest } from './once-at-rest.ts'

/** Parts that are fetched when they are used first, those that are likeliest to be used before the others. */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import('../chat/message-items.ts'),
  () => import('../chat/markdown/markdown-text.ts'),
  () => import('../chat/timeline.ts'),
  () => import('../settings/settings-dialog.ts'),
  () => import('../parts/tooltip.ts'),
  () => import('../chat/attached-texts.ts'),
  () => import('../chat/edit-long-text.ts'),
  () => import('../models/model-page.ts'),
  () => import('../models/gpu-advice-card.ts'),
  () => import('../../state/find-added-model.ts'),
  () => import('../../state/library/search-all.ts'),
  () => import('../chats/export-chat-files.ts'),
  () => import('../settings/save-all-chats.ts'),
  () => import('../../state/import-files.ts'),
  () => import('../chat/markdown/highlight-code.ts'),
  () => import('../chat/markdown/typeset-math.ts'),
]

/**
 * Fetches all parts of the page while nothing else goes on, so that the page is whole when the network goes away. What cannot be fetched
 * now is fetched when it is used.
 */
export function fetchAhead(model: ReadableAtom<ModelState>, locale: ReadableAtom<Locale>, signal: AbortSignal): void {
  onceAtRest(model, () => void fetchAll([() => needLaterWords(locale), ...PARTS], signal), { signal })
}

async function fetchAll(parts: typeof PARTS, signal: AbortSignal): Promise<void> {
  for (const part of parts) {
    await idle()
    if (signal.aborted) return
    await part().catch(() => undefined)
  }
}

/** Safari has no idle callbacks. */
function idle(): Promise<unknown> {
  if (!('requestIdleCallback' in globalThis)) return new Promise((resolve) => setTimeout(resolve, 50))
  return new Promise((resolve) => requestIdleCallback(resolve))
}
