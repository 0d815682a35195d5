import type { ReadableAtom } from 'nanostores'

/** Files of the page that are kept together for use without a network. */
export interface OfflinePartState {
  readonly name: 'page' | 'gpu' | 'processor' | 'threads'
  readonly bytes: number
  readonly keptBytes: number
  /** The page would not work without a network as it does now. */
  readonly isNeeded: boolean
}

/** How it stands with the page when there is no network. */
export type OfflineState =
  /** `insecure`: the page came without https. `refused`: the browser keeps nothing for this page. */
  | { readonly status: 'impossible'; readonly why: 'insecure' | 'unsupported' | 'refused' }
  /** What is needed is being fetched, or was not yet. */
  | { readonly status: 'preparing'; readonly parts: readonly OfflinePartState[] }
  /** It did not come; it is tried again at the next visit. */
  | { readonly status: 'incomplete'; readonly parts: readonly OfflinePartState[]; readonly problem: string }
  /** The page works without a network. */
  | { readonly status: 'ready'; readonly parts: readonly OfflinePartState[] }

/** The copy of the page's own files that this browser keeps. */
export interface OfflineCopy {
  readonly state: ReadableAtom<OfflineState>
  /** A newer version of the page lies ready. */
  readonly hasUpdate: ReadableAtom<boolean>
  /** Fetches the files of a part. Never rejects: `state` says how it went. */
  keep(part: OfflinePartState['name']): Promise<void>
  /** Shows the newer version in place of this page. */
  takeUpdate(): void
}
