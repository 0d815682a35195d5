import { atom, type WritableAtom } from 'nanostores'
import type { Privacy, PrivacyState, StorageMode } from '../state/privacy.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'
import { derivePassphrase } from '../storage/sealed/passphrase-secret.ts'
import { createStorageControl, type ControlState } from '../storage/sealed/storage-control.ts'
import type { Appearance } from '../storage/sealed/storage-mode.ts'
import type { SiteStorage } from '../storage/site-storage.ts'
import { applyTheme } from '../ui/app/apply-appearance.ts'
import { askToUnlock } from '../ui/app/unlock-page.ts'
import { languageOf } from '../ui/words/locales.ts'
import { askPasskey, canUsePasskeys, createPasskey } from './passkey.ts'
import type { Drafts } from './keep-drafts.ts'
import { keepSealedDrafts } from './sealed-drafts.ts'
import type { GuardedPage } from './open-stores.ts'
import { shareKeys } from './share-keys.ts'
import { storageMark } from './storage-mark.ts'
import { watchIdle } from './watch-idle.ts'

/** What is fetched only where chats are not simply kept, or where the user wants that. */
export interface StorageGuard {
  readonly privacy: Privacy
  /** Opens what is stored; shows the page that unlocks it where it is encrypted. Resolves once it is open. */
  begin(): Promise<void>
  /** Another page has changed how all is stored, or may have. */
  follow(): Promise<void>
  lock(): void
  /** Does what the page wants in this mode; to be called again with the next. */
  serve(page: GuardedPage): void
}

/** How long a page that is locking waits for what is still to be saved, milliseconds. */
const SAVING_MS = 3000

/**
 * Guards what is stored: the control of its modes, and what this page has to do with it.
 * @param page - Absent until it is there.
 */
export function guardStorage(
  root: HTMLElement,
  site: SiteStorage,
  mode: WritableAtom<StorageMode>,
  drafts: Drafts,
  page: () => GuardedPage | undefined,
): StorageGuard {
  const $progress = atom<{ readonly done: number; readonly all: number } | undefined>(undefined)
  const locks: LockManager | undefined = navigator.locks // absent without https, whatever the type says
  /** A page that shows what was deleted stays as it is. */
  const reload = () => void (hasLetGoOfStorage() || location.reload())
  let isLocking = false

  const shared = shareKeys(site.channel, {
    keys: () => (isLocking ? undefined : control.state().keys),
    onChanged: () => (isLockedHere() ? reload() : void control.follow()),
    onLock: () => void lockHere(),
    onActive: () => idle.touch(),
  })
  const control = createStorageControl({
    ...site,
    others: [site.found],
    derive: derivePassphrase,
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- see above
    alone: (work) => (locks === undefined ? work() : locks.request('second-thought-storage', work)),
    askKeys: shared.ask,
    reload,
    onChange,
    onProgress: (done, all) => $progress.set(done < all ? { done, all } : undefined),
  })
  const idle = watchIdle({ onIdle: lock, onActive: () => shared.post('active') })
  const sealedDrafts = keepSealedDrafts(drafts)
  const $state = atom<PrivacyState>(stateOf(control.state(), 'none'))

  function onChange(state: ControlState): void {
    const isOpen = state.mode === 'encrypted' && state.keys !== undefined
    if (state.mode !== 'encrypted' || isOpen) mode.set(state.mode)
    idle.set(isOpen ? (state.record.lockAfterMinutes ?? 0) : 0)
    sealedDrafts.use(isOpen ? state.keys : undefined)
    void lookWhatIsLeft(state)
  }

  async function lookWhatIsLeft(state: ControlState): Promise<void> {
    const hasLeft = state.mode === 'nothing' && (await control.hasLeft().catch(() => false))
    $state.set(stateOf(control.state(), hasLeft ? (state.record.vault === undefined ? 'plain' : 'encrypted') : 'none'))
  }

  function isLockedHere(): boolean {
    const { mode: now, keys } = control.state()
    return now === 'encrypted' && keys === undefined
  }

  /** Changes something, and tells the other pages. */
  async function change(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } finally {
      $progress.set(undefined)
    }
    shared.post('changed')
  }

  function lock(): void {
    if (control.state().keys === undefined || hasLetGoOfStorage()) return
    shared.post('lock')
    void lockHere()
  }

  /** A new page knows nothing of what this one showed: not its scripts, not its worker. */
  async function lockHere(): Promise<void> {
    if (isLocking || control.state().keys === undefined || hasLetGoOfStorage()) return
    isLocking = true
    root.style.visibility = 'hidden'
    root.inert = true
    await Promise.race([
      Promise.allSettled([page()?.save(), sealedDrafts.settled()]),
      new Promise((resolve) => setTimeout(resolve, SAVING_MS)),
    ])
    reload()
  }

  async function begin(): Promise<void> {
    const { record, keys } = await control.begin()
    if (record.mode !== 'encrypted' || keys !== undefined || record.vault === undefined) return
    mode.set('encrypted') // while it is locked too: drafts that an earlier life of the tab kept as they were go
    const { vault, appearance } = record
    const known = await shared.ask(vault.id)
    if (known === undefined) {
      const { passkey } = vault
      applyTheme(appearance?.theme ?? 'system')
      await askToUnlock(root, languageOf(appearance?.language), {
        unlock: (passphrase) => control.unlock({ passphrase }),
        ...(passkey === undefined || !canUsePasskeys()
          ? {}
          : { unlockByPasskey: async () => control.unlock({ passkeySecret: await askPasskey(passkey) }) }),
        // Another tab that is unlocked unlocks this one too.
        unlocked: shared.next(vault.id).then(async (given) => {
          if (isLockedHere()) await control.unlock({ keys: given })
        }),
        async forget() {
          await control.deleteLeft()
          shared.post('changed')
          reload()
          await new Promise(() => undefined)
        },
      })
      const own = control.state().keys
      if (own !== undefined) shared.give(own)
    } else {
      await control.unlock({ keys: known })
    }
    await sealedDrafts.restored()
  }

  /** Keeps readable how the page looks, as the page that unlocks it has to look so. */
  function note({ preferences }: GuardedPage): void {
    preferences.subscribe(({ language, theme }) => {
      const { mode: now, keys, record } = control.state()
      const appearance: Appearance = { theme, ...(language === undefined ? {} : { language }) }
      if (now !== 'encrypted' || keys === undefined) return
      if (record.appearance?.theme === theme && record.appearance.language === language) return
      control.note({ appearance }).catch((error: unknown) => console.warn(error))
    })
  }

  addEventListener('beforeunload', (event) => {
    const isOnlyHere = mode.get() === 'nothing' && page()?.hasChats() === true
    if (isOnlyHere && !hasLetGoOfStorage()) event.preventDefault()
  })
  addEventListener('pageshow', ({ persisted }) => {
    // What happened while the browser kept the page aside is not known; it may have been locked.
    if (persisted && control.state().mode === 'encrypted') reload()
  })

  return {
    begin,
    follow: () => control.follow(),
    lock,
    serve(one) {
      if (mode.get() === 'encrypted') note(one)
      // Looked for at each visit too, as one that was to take them out may have been closed before.
      if (storageMark('server-keys').read() !== null) one.openServers()
    },
    privacy: {
      state: $state,
      progress: $progress,
      canEncrypt: isSecureContext,
      canUsePasskeys: canUsePasskeys(),
      toKeep: (passphrase) => change(() => control.toKeep(passphrase)),
      toEncrypted: (passphrase) => change(() => control.toEncrypted(passphrase)),
      toNothing: (kept) => change(() => control.toNothing(kept)),
      deleteLeft: () => change(() => control.deleteLeft()),
      changePassphrase: (before, after) => change(() => control.changePassphrase(before, after)),
      addPasskey: (passphrase) => change(() => control.addPasskey(passphrase, createPasskey)),
      removePasskey: () => change(() => control.removePasskey()),
      lockAfter: (lockAfterMinutes) => change(() => control.note({ lockAfterMinutes })),
      lock,
    },
  }
}

function stateOf({ mode, record }: ControlState, left: PrivacyState['left']): PrivacyState {
  const { lockAfterMinutes = 0, vault } = record
  return { mode, lockAfterMinutes, hasPasskey: vault?.passkey !== undefined, left }
}
