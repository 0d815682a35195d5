import { html, type TemplateResult } from 'lit/html.js'
import type { ModelState } from '../../state/model-loader.ts'

/** How long the line around the ring is, of which a part is drawn; see the circle's `pathLength`. */
const WHOLE = 100

/**
 * How it stands with the model, by shape and by colour: a full dot is ready, a ring fills while it loads and turns where nobody knows how far
 * it is, an empty one is not loaded, a triangle cannot go on. Words say the same beside it.
 */
export function stateDot(state: ModelState): TemplateResult {
  const { status } = state
  switch (status) {
    case 'ready':
      return drawing(
        'ready',
        html`<svg viewBox="0 0 16 16"><circle class="dot-full" cx="8" cy="8" r="5"></circle></svg>`,
      )
    case 'loading':
    case 'paused': {
      const share = downloadShare(state)
      return drawing(
        share === undefined ? 'turning' : 'filling',
        html`<svg viewBox="0 0 16 16">
          <circle class="dot-track" cx="8" cy="8" r="6"></circle>
          <circle
            class="dot-part"
            cx="8"
            cy="8"
            r="6"
            pathLength=${WHOLE}
            stroke-dasharray=${`${(share ?? 0.3) * WHOLE} ${WHOLE}`}
          ></circle>
        </svg>`,
      )
    }
    case 'failed':
    case 'unfit':
      return drawing('failed', html`<svg viewBox="0 0 16 16"><path class="dot-full" d="M8 2 15 14H1Z"></path></svg>`)
    case 'cancelled':
    case 'none':
      return drawing(
        'empty',
        html`<svg viewBox="0 0 16 16"><circle class="dot-line" cx="8" cy="8" r="5"></circle></svg>`,
      )
  }
}

/** How much of the model was downloaded, 0 to 1; undefined where it is not being downloaded. */
export function downloadShare({ progress }: Extract<ModelState, { status: 'loading' | 'paused' }>): number | undefined {
  return progress?.phase === 'download' ? progress.share : undefined
}

function drawing(kind: string, svg: TemplateResult): TemplateResult {
  return html`<span class="state-dot ${kind}" aria-hidden="true">${svg}</span>`
}
