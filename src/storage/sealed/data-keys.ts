import { ReflectionError } from '../../core/errors.ts'

/*
 * The keys of encrypted storage. All records are sealed under one random data key of 256 bits, which never changes while they are
 * encrypted. What changes are its wraps: the data key encrypted with a key made of the passphrase, and perhaps once more with one that a
 * passkey gives. A new passphrase is so a new wrap, and no record is written anew.
 */

/** What a page that is unlocked holds. None of it can be read back by a script; it can be given to other pages of this site. */
export interface DataKeys {
  /** Of the vault that they belong to. */
  readonly vaultId: string
  /** AES-GCM, for the values of records and for drafts. */
  readonly values: CryptoKey
  /** AES-GCM and HMAC, for their names; see `sealed-name.ts`. */
  readonly names: CryptoKey
  readonly nameNonces: CryptoKey
}

const NONCE_BYTES = 12
const KEY_BYTES = 32

/** A new data key. Whoever has it empties it (`fill(0)`) once it is wrapped and its keys are made. */
export function createDataKey(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES))
}

/** The keys for each use, which tell nothing of each other. */
export async function keysOf(dataKey: Uint8Array<ArrayBuffer>, vaultId: string): Promise<DataKeys> {
  const base = await crypto.subtle.importKey('raw', dataKey, 'HKDF', false, ['deriveKey'])
  const derive = (use: string, algorithm: AesKeyGenParams | HmacKeyGenParams, usages: KeyUsage[]) =>
    crypto.subtle.deriveKey(hkdf(`second-thought ${use}`), base, algorithm, false, usages)
  const aes: AesKeyGenParams = { name: 'AES-GCM', length: 256 }
  const hmac: HmacKeyGenParams = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  const [values, names, nameNonces] = await Promise.all([
    derive('values', aes, ['encrypt', 'decrypt']),
    derive('names', aes, ['encrypt', 'decrypt']),
    derive('nonces of names', hmac, ['sign']),
  ])
  return { vaultId, values, names, nameNonces }
}

/** Wraps a data key. @param secret - 32 bytes that nobody can guess, made of a passphrase or by a passkey. */
export async function wrapDataKey(
  dataKey: Uint8Array<ArrayBuffer>,
  secret: Uint8Array<ArrayBuffer>,
  vaultId: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return encrypt(await wrappingKey(secret), dataKey, vaultId)
}

/** @throws {ReflectionError} `passphrase-wrong` where the secret is another one, or the wrap was changed. */
export async function unwrapDataKey(
  wrap: Uint8Array<ArrayBuffer>,
  secret: Uint8Array<ArrayBuffer>,
  vaultId: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await decrypt(await wrappingKey(secret), wrap, vaultId)
  } catch (cause) {
    throw passphraseWrong(cause)
  }
}

export function passphraseWrong(cause?: unknown): ReflectionError {
  const message = 'That is not the passphrase. Nothing was changed; try again.'
  return new ReflectionError('passphrase-wrong', message, { cause })
}

async function wrappingKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const aes: AesKeyGenParams = { name: 'AES-GCM', length: 256 }
  return crypto.subtle.deriveKey(hkdf('second-thought wrap'), base, aes, false, ['encrypt', 'decrypt'])
}

function hkdf(info: string): HkdfParams {
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: bytesOf(info) }
}

/** Encrypts under a nonce that no other text has, which stands before the result. @param about - What has to be the same to decrypt it. */
export async function encrypt(
  key: CryptoKey,
  data: Uint8Array<ArrayBuffer>,
  about: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  return encryptWith(key, nonce, data, about)
}

/** @param nonce - 12 bytes that this key never gets with any other data. */
export async function encryptWith(
  key: CryptoKey,
  nonce: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
  about: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm: AesGcmParams = { name: 'AES-GCM', iv: nonce, additionalData: bytesOf(about) }
  const encrypted = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, data))
  const result = new Uint8Array(nonce.length + encrypted.length)
  result.set(nonce)
  result.set(encrypted, nonce.length)
  return result
}

/** @throws {DOMException} `OperationError` where key, data or `about` are not those of the encryption. */
export async function decrypt(
  key: CryptoKey,
  data: Uint8Array<ArrayBuffer>,
  about: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm: AesGcmParams = { name: 'AES-GCM', iv: data.subarray(0, NONCE_BYTES), additionalData: bytesOf(about) }
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, data.subarray(NONCE_BYTES)))
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
