/** SHA-256 of bytes that come one after the other; its state can be kept and gone on with. */
export interface Sha256 {
  add(bytes: Uint8Array): void
  /** What it takes to go on from here. */
  state(): Uint8Array
  /** Of all bytes so far, lower-case hexadecimal; nothing can be added afterwards. */
  end(): string
}

/**
 * Begins anew, or goes on from a state. The browser's own digest wants all bytes at once, and keeps no state; the library that has both
 * is fetched when something has to be hashed.
 */
export async function startSha256(state?: Uint8Array): Promise<Sha256> {
  const { createSHA256 } = await import('hash-wasm')
  const hash = await createSHA256()
  if (state !== undefined) hash.load(state)
  return {
    add: (bytes) => void hash.update(bytes),
    state: () => hash.save(),
    end: () => hash.digest(),
  }
}

/** SHA-256 of bytes that are there already, lower-case hexadecimal. */
export async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  const { crypto } = globalThis as { crypto?: Partial<Crypto> }
  if (crypto?.subtle !== undefined) return hexadecimal(await crypto.subtle.digest('SHA-256', bytes))
  const hash = await startSha256() // pages without https have no other
  hash.add(new Uint8Array(bytes))
  return hash.end()
}

function hexadecimal(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
