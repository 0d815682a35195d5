import type { ReadableAtom } from 'nanostores'

/** How chats and settings are stored on this device: as they are, encrypted, or not at all. */
export type StorageMode = 'keep' | 'encrypted' | 'nothing'

/** How it stands with that. */
export interface PrivacyState {
  readonly mode: StorageMode
  /** Of encrypted chats: minutes without a sign of the user until they are locked; 0 for never. */
  readonly lockAfterMinutes: number
  readonly hasPasskey: boolean
  /** What is stored while nothing is kept from now on, and is not shown. */
  readonly left: 'none' | 'plain' | 'encrypted'
}

/** Chooses how chats and settings are stored. Calls reject with a `ReflectionError`; all goes on as it was then. */
export interface Privacy {
  readonly state: ReadableAtom<PrivacyState>
  /** How many chats and other records of a move are done; absent while nothing moves. */
  readonly progress: ReadableAtom<{ readonly done: number; readonly all: number } | undefined>
  /** Whether this page can encrypt: not without https. */
  readonly canEncrypt: boolean
  /** Whether the browser may have passkeys for this page. */
  readonly canUsePasskeys: boolean
  /** @param passphrase - Of chats that were left encrypted. */
  toKeep(passphrase?: string): Promise<void>
  /** @param passphrase - A new one; where chats were left encrypted, theirs. */
  toEncrypted(passphrase: string): Promise<void>
  /** @param kept - What becomes of what is stored. */
  toNothing(kept: 'deleted' | 'left'): Promise<void>
  /** Deletes what was left. */
  deleteLeft(): Promise<void>
  changePassphrase(before: string, after: string): Promise<void>
  /** Makes a passkey, which the browser asks for, that opens the chats as well. */
  addPasskey(passphrase: string): Promise<void>
  removePasskey(): Promise<void>
  lockAfter(minutes: number): Promise<void>
  /** Locks encrypted chats in all tabs, once what is on the page is saved. */
  lock(): void
}

/** What every page knows of that; the rest is fetched when it is needed. */
export interface StoragePrivacy {
  readonly mode: ReadableAtom<StorageMode>
  /** Locks encrypted chats in all tabs, once what is on the page is saved. */
  lock(): void
  open(): Promise<Privacy>
}
