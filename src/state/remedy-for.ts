import type { ErrorCode } from '../core/errors.ts'

/** What a user can do about a failure; `none` where only the message helps. */
export type Remedy = 'reload-model' | 'load-model' | 'retry' | 'edit' | 'none'

const REMEDIES: Readonly<Record<ErrorCode, Remedy>> = {
  'webgpu-missing': 'none',
  'adapter-missing': 'none',
  'feature-missing': 'none',
  'memory-short': 'reload-model',
  'device-lost': 'reload-model',
  'worker-died': 'reload-model',
  'engine-moved': 'retry',
  'model-broken': 'reload-model',
  'model-not-loaded': 'load-model',
  'manifest-invalid': 'none',
  'download-failed': 'load-model',
  'host-forbidden': 'none',
  'download-corrupt': 'load-model',
  'files-damaged': 'load-model',
  'model-import-invalid': 'none',
  'storage-full': 'load-model',
  'storage-unreadable': 'load-model',
  'passphrase-wrong': 'retry',
  'prompt-too-long': 'edit',
  'gguf-invalid': 'none',
  'import-invalid': 'none',
  'request-invalid': 'retry',
  'assets-missing': 'load-model',
  'server-unreachable': 'retry',
  'server-refused': 'retry',
  'stream-broken': 'retry',
  unsupported: 'none',
  unexpected: 'retry',
}

/** What to offer after a failure. */
export function remedyFor(code: ErrorCode): Remedy {
  return REMEDIES[code]
}
