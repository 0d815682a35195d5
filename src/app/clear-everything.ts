import { hasLetGoOfStorage, letGoOfStorage } from '../storage/let-go.ts'
import { openPageChannel, type PageChannel } from '../storage/page-channel.ts'

/** The channel between the pages of this site, and the Web Lock that each of them holds until it has let go. */
export const CLEARING = 'second-thought.clear'

/** What a page says: that it begins to delete everything, and that it has. */
export interface ClearingMessage {
  readonly type: 'clear' | 'cleared'
}

/** What the end of everything needs of the page. */
export interface ClearingPage {
  readonly root: HTMLElement
  readonly channel: PageChannel
  /** Nothing is stored from now on, and all that the page does ends. */
  readonly letGo: () => void
  /** Nobody has to wait for this page any longer. */
  readonly release: () => void
}

export interface Clearing {
  /** Fetches what the end takes, as there may be nothing to fetch it from by then. Rejects where that cannot be. */
  prepare(): Promise<unknown>
  /** Has all pages let go, deletes everything, and shows in place of the page what is left. Rejects, having done nothing, where `prepare` does. */
  clearEverything(): Promise<void>
}

/**
 * Makes the page one of those that let go together. It has to be called before anything is stored.
 * @param end - Ends all that the page does: nothing may be written afterwards.
 */
export function openClearing(root: HTMLElement, end: () => void): Clearing {
  const channel = openPageChannel(CLEARING)
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const { locks } = navigator as { readonly locks?: LockManager } // only in secure contexts
  void locks?.request(CLEARING, { mode: 'shared' }, () => held)
  const letGo = () => {
    letGoOfStorage()
    end()
  }
  const page: ClearingPage = { root, channel, letGo, release }
  const fetchEnd = () => import('./end-everything.ts')

  channel.subscribe((message) => {
    if ((message as Partial<ClearingMessage> | null)?.type !== 'clear' || hasLetGoOfStorage()) return
    letGo() // at once: the other page waits
    void fetchEnd().then(
      ({ endWithOther }) => endWithOther(page),
      () => location.reload(), // nothing is here to say it with
    )
  })

  return {
    prepare: async () => (await fetchEnd()).prepareEnd(),
    clearEverything: async () => (await fetchEnd()).endEverything(page),
  }
}
