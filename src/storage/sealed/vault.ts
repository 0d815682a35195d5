import { fields, number, oneOf, optional, problemsOf, describeProblem, text, that } from '../../core/check-data.ts'
import { ReflectionError } from '../../core/errors.ts'
import { randomId } from '../../core/random-id.ts'
import { createDataKey, keysOf, passphraseWrong, unwrapDataKey, wrapDataKey, type DataKeys } from './data-keys.ts'
import {
  newPassphraseMethod,
  SHORTEST_PASSPHRASE,
  type DerivePassphrase,
  type PassphraseMethod,
} from './passphrase-secret.ts'

/** A key that a passkey gives, and the data key wrapped with it. */
export interface PasskeyWrap {
  /** Names the passkey to the browser. */
  readonly credentialId: Uint8Array<ArrayBuffer>
  /** What the passkey makes its secret of. */
  readonly salt: Uint8Array<ArrayBuffer>
  readonly wrap: Uint8Array<ArrayBuffer>
}

/** The data key as it is stored: wrapped. Anyone may read it, as without passphrase or passkey it is worth nothing. */
export interface Vault {
  /** Random; tells the data key from others. */
  readonly id: string
  readonly method: PassphraseMethod
  readonly wrap: Uint8Array<ArrayBuffer>
  /** Beside the passphrase, never in its place: a passkey can be lost with a device or an account. */
  readonly passkey?: PasskeyWrap
}

/** What opens a vault. */
export type Secret = { readonly passphrase: string } | { readonly passkeySecret: Uint8Array<ArrayBuffer> }

const bytes = that('bytes', (value) => value instanceof Uint8Array)

/** What a damaged record could ask for is bounded: a gibibyte, and minutes. */
export const VAULT = fields<Vault>({
  id: text(/^[\da-f]{32}$/),
  method: fields<PassphraseMethod>({
    name: oneOf(['argon2id']),
    memoryKiB: number({ least: 8, most: 2 ** 20 }),
    passes: number({ least: 1, most: 50 }),
    lanes: number({ least: 1, most: 16 }),
    salt: bytes,
  }),
  wrap: bytes,
  passkey: optional(fields<PasskeyWrap>({ credentialId: bytes, salt: bytes, wrap: bytes })),
})

/** A new data key under a passphrase. @throws {ReflectionError} `request-invalid` for a passphrase that is too short. */
export async function createVault(
  passphrase: string,
  derive: DerivePassphrase,
): Promise<{ readonly vault: Vault; readonly keys: DataKeys }> {
  const id = randomId()
  const dataKey = createDataKey()
  try {
    const vault = await underPassphrase({ id }, dataKey, passphrase, derive)
    return { vault, keys: await keysOf(dataKey, id) }
  } finally {
    dataKey.fill(0)
  }
}

/** @throws {ReflectionError} `passphrase-wrong`. */
export async function openVault(vault: Vault, secret: Secret, derive: DerivePassphrase): Promise<DataKeys> {
  return withDataKey(vault, secret, derive, (dataKey) => keysOf(dataKey, vault.id))
}

/** The same data key under another passphrase. @throws {ReflectionError} `passphrase-wrong`, `request-invalid`. */
export async function changePassphrase(
  vault: Vault,
  before: string,
  after: string,
  derive: DerivePassphrase,
): Promise<Vault> {
  return withDataKey(vault, { passphrase: before }, derive, (dataKey) => underPassphrase(vault, dataKey, after, derive))
}

/** A passkey that was just made, and the 32 bytes that it gives. */
export interface NewPasskey extends Omit<PasskeyWrap, 'wrap'> {
  readonly secret: Uint8Array<ArrayBuffer>
}

/** Wraps the data key for a passkey as well. @param make - Called once the passphrase is known to be right. @throws {ReflectionError} `passphrase-wrong`. */
export async function withPasskey(
  vault: Vault,
  passphrase: string,
  derive: DerivePassphrase,
  make: () => Promise<NewPasskey>,
): Promise<Vault> {
  return withDataKey(vault, { passphrase }, derive, async (dataKey) => {
    const { credentialId, salt, secret } = await make()
    return { ...vault, passkey: { credentialId, salt, wrap: await wrapDataKey(dataKey, secret, vault.id) } }
  })
}

/** @throws {ReflectionError} `request-invalid`. */
function requirePassphrase(passphrase: string): void {
  if ([...passphrase].length >= SHORTEST_PASSPHRASE) return
  throw new ReflectionError(
    'request-invalid',
    `A passphrase has at least ${SHORTEST_PASSPHRASE} characters. Several words are easier to remember and harder to guess.`,
  )
}

/** @throws {ReflectionError} `storage-unreadable` for a record that is none. */
export function requireVault(value: unknown): Vault {
  const [problem] = problemsOf(value, VAULT)
  if (problem === undefined) return value as Vault
  throw new ReflectionError(
    'storage-unreadable',
    `What opens the encrypted chats is damaged: ${describeProblem(problem, 'it')} Nothing was deleted.`,
  )
}

async function underPassphrase<Before extends { readonly id: string }>(
  before: Before,
  dataKey: Uint8Array<ArrayBuffer>,
  passphrase: string,
  derive: DerivePassphrase,
): Promise<Before & Pick<Vault, 'method' | 'wrap'>> {
  requirePassphrase(passphrase)
  const method = newPassphraseMethod()
  const wrap = await wrapDataKey(dataKey, await derive(passphrase, method), before.id)
  return { ...before, method, wrap }
}

async function withDataKey<Result>(
  vault: Vault,
  secret: Secret,
  derive: DerivePassphrase,
  use: (dataKey: Uint8Array<ArrayBuffer>) => Promise<Result>,
): Promise<Result> {
  const dataKey = await unwrap(vault, secret, derive)
  try {
    return await use(dataKey)
  } finally {
    dataKey.fill(0)
  }
}

async function unwrap(vault: Vault, secret: Secret, derive: DerivePassphrase): Promise<Uint8Array<ArrayBuffer>> {
  if ('passphrase' in secret && secret.passphrase === '') throw passphraseWrong()
  if ('passphrase' in secret) return unwrapDataKey(vault.wrap, await derive(secret.passphrase, vault.method), vault.id)
  if (vault.passkey === undefined)
    throw new ReflectionError('passphrase-wrong', 'No passkey opens these chats. Use the passphrase.')
  return unwrapDataKey(vault.passkey.wrap, secret.passkeySecret, vault.id)
}
