/** How long a button says that it copied, milliseconds. */
const COPIED_MS = 2000

/** What of a message was copied a moment ago. */
export type Copied = 'answer' | 'all'

export interface CopiedNote {
  of(messageId: string): Copied | undefined
  copy(messageId: string, what: Copied, text: string): Promise<void>
}

/** Copies texts, and notes for a while which one. @param redraw - Called when the note changes. */
export function createCopiedNote(redraw: () => void): CopiedNote {
  let copied: { readonly messageId: string; readonly what: Copied } | undefined

  return {
    of: (messageId) => (copied?.messageId === messageId ? copied.what : undefined),
    async copy(messageId, what, text) {
      await navigator.clipboard.writeText(text)
      const mine = { messageId, what }
      copied = mine
      redraw()
      setTimeout(() => {
        if (copied !== mine) return
        copied = undefined
        redraw()
      }, COPIED_MS)
    },
  }
}
