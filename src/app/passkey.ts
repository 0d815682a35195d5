import { ReflectionError } from '../core/errors.ts'

/*
 * A passkey makes a secret of a salt that we store (the PRF extension of WebAuthn): the same secret each time, which never leaves this
 * device and no server hears of. There is no server to sign in to, so the challenge is random and nobody checks the signature.
 */

/** What is stored of a passkey. */
export interface StoredPasskey {
  readonly credentialId: Uint8Array<ArrayBuffer>
  readonly salt: Uint8Array<ArrayBuffer>
}

const NAME = 'Second Thought'

/** Whether it is worth asking: a passkey belongs to a host with a name. */
export function canUsePasskeys(): boolean {
  return isSecureContext && 'PublicKeyCredential' in globalThis && !/^[\d.]+$|^\[/.test(location.hostname)
}

/** Makes a passkey, which the browser asks the user for. @throws {ReflectionError} `request-invalid` where the user declines or it makes no key. */
export async function createPasskey(): Promise<StoredPasskey & { readonly secret: Uint8Array<ArrayBuffer> }> {
  const salt = crypto.getRandomValues(new Uint8Array(32))
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { name: NAME },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: NAME, displayName: NAME },
    pubKeyCredParams: [-7, -257].map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    extensions: { prf: { eval: { first: salt } } },
  }
  const credential = await asked(navigator.credentials.create({ publicKey }))
  const credentialId = new Uint8Array(credential.rawId)
  const { prf } = credential.getClientExtensionResults()
  if (prf?.enabled !== true) {
    throw new ReflectionError(
      'request-invalid',
      'This passkey cannot make a key (the PRF extension of WebAuthn). Try another kind of passkey, or go on with the passphrase alone. You can delete the passkey that was just made.',
    )
  }
  const { first } = prf.results ?? {}
  const secret = first === undefined ? await askPasskey({ credentialId, salt }) : bytesIn(first)
  return { credentialId, salt, secret }
}

/** The secret of a passkey, which the browser asks the user for. @throws {ReflectionError} As `createPasskey`. */
export async function askPasskey({ credentialId, salt }: StoredPasskey): Promise<Uint8Array<ArrayBuffer>> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    allowCredentials: [{ type: 'public-key', id: credentialId }],
    userVerification: 'required',
    extensions: { prf: { eval: { first: salt } } },
  }
  const credential = await asked(navigator.credentials.get({ publicKey }))
  const { first } = credential.getClientExtensionResults().prf?.results ?? {}
  if (first !== undefined) return bytesIn(first)
  throw new ReflectionError('request-invalid', 'The passkey gave no key. Use the passphrase.')
}

async function asked(request: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await request
    if (credential instanceof PublicKeyCredential) return credential
  } catch (cause) {
    throw new ReflectionError('request-invalid', 'The passkey was not used. Try again, or use the passphrase.', {
      cause,
    })
  }
  throw new ReflectionError('request-invalid', 'This browser gave no passkey. Use the passphrase.')
}

function bytesIn(source: BufferSource): Uint8Array<ArrayBuffer> {
  const view = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
  return Uint8Array.from(view)
}
