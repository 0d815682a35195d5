/** What a browser can keep for a site. `keys`: entries of `localStorage` and of this tab's `sessionStorage`; `files`: its private file system. */
export const STORED_KINDS = ['databases', 'caches', 'keys', 'serviceWorkers', 'files'] as const

export type StoredKind = (typeof STORED_KINDS)[number]

/** What this browser keeps for this site, by the names under which it lies there; service workers by their scopes. Undefined where the browser does not tell. */
export type StoredThings = Readonly<Record<StoredKind, readonly string[] | undefined>>
