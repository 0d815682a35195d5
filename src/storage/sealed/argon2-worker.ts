import { argon2 } from './argon2.ts'
import type { PassphraseMethod } from './passphrase-secret.ts'

export interface Argon2Question {
  readonly passphrase: string
  readonly method: PassphraseMethod
}

addEventListener('message', ({ data: { passphrase, method } }: MessageEvent<Argon2Question>) => {
  argon2(passphrase, method).then(
    (secret) => postMessage(secret),
    (error: unknown) => reportError(error),
  )
})
