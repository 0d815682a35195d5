import { atom, type ReadableAtom } from 'nanostores'

/** Loads the page anew, but only while it can be reached: else the browser would put its own error page in the place of all that is open. */
export interface PageReload {
  /** `unreachable` after a try that found no page, until the network is back. */
  readonly state: ReadableAtom<'possible' | 'offline' | 'trying' | 'unreachable'>
  reload(): Promise<void>
}

/** Follows what the browser says about the network. */
export function createPageReload({ signal }: { readonly signal: AbortSignal }): PageReload {
  const byBrowser = () => (navigator.onLine ? 'possible' : 'offline')
  const $state = atom<'possible' | 'offline' | 'trying' | 'unreachable'>(byBrowser())
  for (const type of ['online', 'offline']) window.addEventListener(type, () => $state.set(byBrowser()), { signal })
  return {
    state: $state,
    async reload() {
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
