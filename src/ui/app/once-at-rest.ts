import type { ReadableAtom } from 'nanostores'
import type { ModelState } from '../../state/model-loader.ts'

/** How long the page is left alone once its model is ready, milliseconds. */
const REST_MS = 2000

/** Does some work that nobody waits for, once the model is ready or cannot be, and some seconds have gone by. */
export function onceAtRest(
  model: ReadableAtom<ModelState>,
  work: () => void,
  { signal }: { readonly signal: AbortSignal },
): void {
  const unsubscribe = model.subscribe(({ status }) => {
    if (status === 'none' || status === 'loading') return
    setTimeout(() => !signal.aborted && work(), REST_MS)
    queueMicrotask(() => unsubscribe())
  })
  signal.addEventListener('abort', () => unsubscribe())
}
