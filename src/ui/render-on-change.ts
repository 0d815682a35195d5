import { nothing, render } from 'lit/html.js'
import type { ReadableAtom } from 'nanostores'

export interface RenderOptions {
  /** Takes what was rendered down when it fires. */
  readonly signal: AbortSignal
  /** Called after each rendering, with the new nodes in place. */
  readonly afterRender?: () => void
}

/**
 * Renders a part of the page now and, once a frame, whenever one of its stores has changed.
 * @returns Renders it in the next frame, for changes that no store tells.
 */
export function renderOnChange(
  root: HTMLElement,
  stores: readonly Pick<ReadableAtom, 'listen'>[],
  template: () => unknown,
  { signal, afterRender = () => undefined }: RenderOptions,
): () => void {
  let isScheduled = false
  const draw = () => {
    isScheduled = false
    if (signal.aborted) return
    render(template(), root)
    afterRender()
  }
  const schedule = () => {
    if (isScheduled || signal.aborted) return
    isScheduled = true
    requestAnimationFrame(draw)
  }
  const unsubscribe = stores.map((store) => store.listen(schedule))
  signal.addEventListener('abort', () => {
    unsubscribe.forEach((end) => end())
    render(nothing, root)
  })
  draw()
  return schedule
}
