import { atom, type ReadableAtom } from 'nanostores'

/**
 * Loads the page anew, but only while it can be reached, or is kept on this device: else the browser would put its own error page in the
 * place of all that is open.
 */
export interface PageReload {
  /** Whether the browser says that it has no network. */
  readonly isOffline: ReadableAtom<boolean>
  /** `unreachable` after a try that found no page, until the network is back. */
  readonly state: ReadableAtom<'possible' | 'offline' | 'trying' | 'unreachable'>
  reload(): Promise<void>
}

/** Follows what the browser says about the network. */
export function createPageReload({ signal }: { readonly signal: AbortSignal }): PageReload {
  const byBrowser = () => (navigator.onLine || isKept() ? 'possible' : 'offline')
  const $state = atom<'possible' | 'offline' | 'trying' | 'unreachable'>(byBrowser())
  const $isOffline = atom(!navigator.onLine)
  const follow = () => {
    $isOffline.set(!navigator.onLine)
    $state.set(byBrowser())
  }
  for (const type of ['online', 'offline']) window.addEventListener(type, follow, { signal })
  return {
    state: $state,
    isOffline: $isOffline,
    async reload() {
      if (isKept()) return location.reload()
      $state.set('trying')
      const isThere = await fetch(location.pathname, { method: 'HEAD', cache: 'no-store' }).then(
        ({ ok }) => ok,
        () => false,
      )
      if (isThere) location.reload()
      $state.set(isThere ? 'possible' : navigator.onLine ? 'unreachable' : 'offline')
    },
  }
}

/** A service worker answers for the page, and has all that the page begins with. Absent where there is no https. */
function isKept(): boolean {
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer }
  return (serviceWorker?.controller ?? null) !== null
}
