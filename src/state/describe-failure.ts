import type { ErrorCode } from '../core/errors.ts'

/** What a user can do about a failure; `none` where only the message helps. */
export type Remedy = 'reload-model' | 'load-model' | 'retry' | 'edit' | 'none'

export interface FailureWords {
  readonly title: string
  readonly remedy: Remedy
}

const FAILURES: Readonly<Record<ErrorCode, FailureWords>> = {
  'webgpu-missing': { title: 'This browser cannot use the GPU here', remedy: 'none' },
  'adapter-missing': { title: 'No usable GPU was found', remedy: 'none' },
  'feature-missing': { title: 'This GPU cannot run the model', remedy: 'none' },
  'memory-short': { title: 'The model does not fit into the memory of the GPU', remedy: 'reload-model' },
  'device-lost': { title: 'The GPU was taken away', remedy: 'reload-model' },
  'worker-died': { title: 'The engine stopped', remedy: 'reload-model' },
  'model-broken': { title: 'The model failed', remedy: 'reload-model' },
  'model-not-loaded': { title: 'No model is loaded', remedy: 'load-model' },
  'manifest-invalid': { title: 'The description of the model cannot be used', remedy: 'none' },
  'download-failed': { title: 'The model could not be fetched', remedy: 'load-model' },
  'download-corrupt': { title: 'A file of the model is damaged', remedy: 'load-model' },
  'storage-full': { title: 'The browser has no room for the model', remedy: 'load-model' },
  'storage-unreadable': { title: 'What the browser has stored cannot be read', remedy: 'load-model' },
  'prompt-too-long': { title: 'The message is too long', remedy: 'edit' },
  'import-invalid': { title: 'The file cannot be imported', remedy: 'none' },
  'request-invalid': { title: 'That cannot be asked', remedy: 'retry' },
  unexpected: { title: 'Something went wrong', remedy: 'retry' },
}

/** A heading for a failure, and what to offer; the error's message says the rest. */
export function describeFailure(code: ErrorCode): FailureWords {
  return FAILURES[code]
}
