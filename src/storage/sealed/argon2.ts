import { argon2id } from 'hash-wasm'
import type { DerivePassphrase } from './passphrase-secret.ts'

/** Takes a second of the thread that calls it. The same passphrase typed in another way of Unicode is the same one. */
export const argon2: DerivePassphrase = async (passphrase, { memoryKiB, passes, lanes, salt }) => {
  const hash = await argon2id({
    password: passphrase.normalize('NFKC'),
    salt,
    memorySize: memoryKiB,
    iterations: passes,
    parallelism: lanes,
    hashLength: 32,
    outputType: 'binary',
  })
  return new Uint8Array(hash)
}
