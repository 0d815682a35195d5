import { html, nothing, type TemplateResult } from 'lit/html.js'
import { writeClipboard } from '../parts/write-clipboard.ts'
import type { Words } from '../words/locales.ts'

/** How long a message says that it was copied, or could not be, milliseconds. */
const SAID_MS = 2000

export type CopyOutcome = 'copied' | 'refused'

export interface CopiedNote {
  /** What came of copying a message a moment ago. */
  of(messageId: string): CopyOutcome | undefined
  copy(messageId: string, text: string): Promise<void>
}

/** Copies texts, and notes for a while of which message and how that went. @param redraw - Called when the note changes. */
export function createCopiedNote(redraw: () => void): CopiedNote {
  let note: { readonly messageId: string; readonly outcome: CopyOutcome } | undefined

  return {
    of: (messageId) => (note?.messageId === messageId ? note.outcome : undefined),
    async copy(messageId, text) {
      const mine = { messageId, outcome: (await writeClipboard(text)) ? 'copied' : 'refused' } as const
      note = mine
      redraw()
      setTimeout(() => {
        if (note !== mine) return
        note = undefined
        redraw()
      }, SAID_MS)
    },
  }
}

/** Says beside the button that the browser refused to copy; a check mark in it is all there is to say otherwise. */
export function refusedCopy(outcome: CopyOutcome | undefined, { markdown }: Words): TemplateResult | typeof nothing {
  return outcome === 'refused' ? html`<span class="hint" role="alert">${markdown.notCopied}</span>` : nothing
}
