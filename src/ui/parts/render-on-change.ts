import { nothing, render } from 'lit/html.js'
import type { ReadableAtom } from 'nanostores'

export interface RenderOptions {
  /** Takes what was rendered down when it fires. */
  readonly signal: AbortSignal
  /** Called after each rendering, with the new nodes in place. */
  readonly afterRender?: () => void
}

/** Renders a part of the page in the next frame, for changes that no store tells. */
export interface Redraw {
  (): void
  /** Renders it at once: a key that follows must find the page as the key before it left it. */
  now(): void
}

/**
 * Renders a part of the page now and, once a frame, whenever one of its stores has changed. What throws
 * is reported and leaves nothing half drawn: the part is drawn anew from nothing, or is empty until something changes.
 */
export function renderOnChange(
  root: HTMLElement,
  stores: readonly Pick<ReadableAtom, 'listen'>[],
  template: () => unknown,
  { signal, afterRender = () => undefined }: RenderOptions,
): Redraw {
  let isScheduled = false
  const draw = () => {
    isScheduled = false
    if (signal.aborted) return
    drawWhole(root, template)
    afterRender()
  }
  const schedule = () => {
    if (isScheduled || signal.aborted) return
    isScheduled = true
    requestAnimationFrame(() => isScheduled && draw())
  }
  const unsubscribe = stores.map((store) => store.listen(schedule))
  signal.addEventListener('abort', () => {
    unsubscribe.forEach((end) => end())
    render(nothing, root)
  })
  draw()
  return Object.assign(schedule, { now: draw })
}

function drawWhole(root: HTMLElement, template: () => unknown): void {
  try {
    render(template(), root)
  } catch (error) {
    reportError(error)
    clear(root)
    try {
      render(template(), root)
    } catch {
      clear(root) // the same again, most likely
    }
  }
}

/** Takes away what was drawn together with what Lit knows of it, which is wrong once a rendering has thrown. */
function clear(root: HTMLElement): void {
  root.replaceChildren()
  Reflect.deleteProperty(root, '_$litPart$')
}
