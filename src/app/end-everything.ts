import { hasLetGoOfStorage } from '../storage/let-go.ts'
import { showClearedPage } from '../ui/app/cleared-page.ts'
import { languageOf, loadDeviceWords } from '../ui/words/locales.ts'
import { CLEARING, type ClearingMessage, type ClearingPage } from './clear-everything.ts'
import { deleteStoredThings, isOwnThing, lookAtStoredThings } from './delete-stored-things.ts'
import { deleteOwnKeys } from './own-keys.ts'

/** How long other pages are waited for, milliseconds: one that the browser has frozen does not answer. */
const PATIENCE_MS = 5000

/** How long another page may take in all, with what it waits for, milliseconds; one that is closed meanwhile says nothing more. */
const LONGEST_MS = 20_000

/** Fetches what this page will say. */
export async function prepareEnd() {
  const { cleared: words } = await loadDeviceWords(languageOf(document.documentElement.lang))
  return { words, lookAtStoredThings, isOwnThing }
}

/** Has all pages let go, deletes everything, and shows what is left. Rejects, having done nothing, where `prepareEnd` does. */
export async function endEverything({ root, channel, letGo, release }: ClearingPage): Promise<void> {
  const parts = await prepareEnd()
  if (hasLetGoOfStorage()) return
  channel.post({ type: 'clear' } satisfies ClearingMessage)
  letGo()
  await showClearedPage(root, {
    ...parts,
    where: 'here',
    async remove() {
      release()
      await untilAllLetGo()
      await deleteStoredThings()
      channel.post({ type: 'cleared' } satisfies ClearingMessage)
    },
  })
}

/** Shows what is left once the other page is done. This one has let go already. */
export async function endWithOther({ root, channel, release }: ClearingPage): Promise<void> {
  const isDone = new Promise<void>((resolve) => {
    channel.subscribe((message) => (message as Partial<ClearingMessage> | null)?.type === 'cleared' && resolve())
    setTimeout(resolve, LONGEST_MS)
  })
  const parts = await prepareEnd().catch(() => undefined)
  const remove = () => {
    deleteOwnKeys()
    release()
    return isDone
  }
  if (parts !== undefined) return showClearedPage(root, { ...parts, where: 'elsewhere', remove })
  await remove()
  location.reload() // there are no words to say it in
}

/** Granted once no page holds the lock any more. Who does not let go in time may keep a database, and a look tells of that. */
async function untilAllLetGo(): Promise<void> {
  const { locks } = navigator as { readonly locks?: LockManager }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  await locks?.request(CLEARING, { signal }, () => undefined).catch(() => undefined)
}
