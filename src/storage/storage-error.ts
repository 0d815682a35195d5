import { ReflectionError } from '../core/errors.ts'

const FULL =
  'The browser has no room left for chats and settings. Delete chats or stored models, or free disk space; what is on the page is saved with the next change.'

const NONE =
  'The browser does not let this page store anything, as in private windows or with blocked site data. Allow it, or export the chats that you want to keep.'

/** What happened and what to do, by the name of what IndexedDB threw. */
const ADVICE: Readonly<Record<string, string>> = {
  SecurityError: NONE,
  InvalidStateError:
    'The browser closed the storage of this page and does not open it again, as in some private windows. Reload the page, or open it in a normal window.',
  VersionError: 'A newer version of this page changed the storage. Reload the page to get that version.',
  NotFoundError:
    'The storage of this page is not as the page made it. Export the chats that you want to keep, then delete the data of this site in the settings of the browser.',
}

const OTHERWISE =
  'The browser cannot read or write the storage of this page. Close its other windows and restart the browser; if that does not help, delete the data of this site in the settings of the browser.'

/** Turns what IndexedDB or Web Locks threw into our error, with what to do; any other error becomes `unexpected`. */
export function toStorageError(cause: unknown): ReflectionError {
  if (cause instanceof Error && !(cause instanceof DOMException)) return ReflectionError.from(cause)
  const { name, message } = cause instanceof DOMException ? cause : new DOMException('')
  if (name === 'QuotaExceededError') return new ReflectionError('storage-full', FULL, { cause })
  const said = message === '' ? '' : ` (${message})`
  return new ReflectionError('storage-unreadable', `${ADVICE[name] ?? OTHERWISE}${said}`, { cause })
}

/** The error for a chat that a newer version of this page has changed. */
export function newerPage(): ReflectionError {
  return new ReflectionError(
    'storage-unreadable',
    'A newer version of this page, in another tab, has changed this chat. What is written here is kept beside it: reload the page to see both.',
  )
}

/** The error for a browser, or a page, that has no IndexedDB. */
export function missingStorage(): ReflectionError {
  return new ReflectionError('storage-unreadable', NONE)
}
