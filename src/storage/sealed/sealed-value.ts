import { isRecord } from '../../core/check-data.ts'
import { toJson } from '../unreadable-records.ts'
import { bytesOf, decrypt, encrypt, type DataKeys } from './data-keys.ts'

/** The bytes of a value that are encrypted: JSON. What JSON cannot say, as only records can hold that cannot be read, is in words. */
export function encodeValue(value: unknown): Uint8Array<ArrayBuffer> {
  return bytesOf(isPlainData(value, []) ? JSON.stringify(value) : toJson(value))
}

export function decodeValue(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** @param about - The database and the name of the record: its value is worth nothing in the place of another. */
export function sealValue(
  keys: DataKeys,
  bytes: Uint8Array<ArrayBuffer>,
  about: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return encrypt(keys.values, bytes, about)
}

/**
 * @returns For what was changed, or belongs elsewhere, a value that no check of ours takes, with the bytes as they were found: so it is
 * put aside like any record that cannot be read.
 */
export async function openValue(keys: DataKeys, sealed: unknown, about: string): Promise<unknown> {
  try {
    return decodeValue(await decrypt(keys.values, sealed as Uint8Array<ArrayBuffer>, about))
  } catch {
    const bytes = sealed instanceof Uint8Array ? [...sealed] : sealed
    return {
      unreadable: 'It does not open with the key of this device: it was changed, or is of another place.',
      bytes,
    }
  }
}

/** Whether JSON gives a value back as it is, but for members that are undefined. */
function isPlainData(value: unknown, path: readonly object[]): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value !== 'object' || path.includes(value)) return false
  const inner = [...path, value]
  if (Array.isArray(value)) return value.every((item) => isPlainData(item, inner))
  const prototype: unknown = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || !isRecord(value)) return false
  return Object.values(value).every((item) => item === undefined || isPlainData(item, inner))
}
