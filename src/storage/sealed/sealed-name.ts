import { SEALED_PREFIX } from '../record-form.ts'
import { bytesOf, decrypt, encryptWith, type DataKeys } from './data-keys.ts'

/*
 * Names of sealed records: `sealed:<kind>:<name, encrypted>`. A name has to be found again, so it is encrypted to the same text each time:
 * its nonce is made of the name itself. The kind (`chat`, `summary`, …) stays readable, for the database to list records of one kind: it
 * says no more than how many chats there are, which their number and sizes say anyway.
 */

/** Names of the records of one database, and back. */
export interface SealedNames {
  keyOf(name: string): Promise<string>
  /** Undefined for a key that these names did not make. */
  nameOf(key: string): Promise<string | undefined>
}

/** The range of keys for a range of names. @param prefix - Ends with a colon, as the ranges of `RecordTable`. */
export function sealedPrefix(prefix: string): string {
  return `${SEALED_PREFIX}${prefix}`
}

/** @param database - Keys of one are nothing in another. */
export function sealedNames(keys: DataKeys, database: string): SealedNames {
  const keyByName = new Map<string, string>()
  const nameByKey = new Map<string, string>()

  function note(name: string, key: string): void {
    keyByName.set(name, key)
    nameByKey.set(key, name)
  }

  return {
    async keyOf(name) {
      const known = keyByName.get(name)
      if (known !== undefined) return known
      const digest = await crypto.subtle.sign('HMAC', keys.nameNonces, bytesOf(`${database}\n${name}`))
      const nonce = new Uint8Array(digest).slice(0, 12)
      const label = toText(await encryptWith(keys.names, nonce, bytesOf(name), database))
      const kind = name.includes(':') ? name.slice(0, name.indexOf(':')) : ''
      const key = `${SEALED_PREFIX}${kind}:${label}`
      note(name, key)
      return key
    },
    async nameOf(key) {
      const known = nameByKey.get(key)
      if (known !== undefined) return known
      try {
        const label = toBytes(key.slice(key.lastIndexOf(':') + 1))
        const name = new TextDecoder().decode(await decrypt(keys.names, label, database))
        note(name, key)
        return name
      } catch {
        return undefined
      }
    },
  }
}

/** Base64 for keys, without padding. */
function toText(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
}
