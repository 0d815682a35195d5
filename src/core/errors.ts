/** Survives two copies of the package on one page, where `instanceof` does not. */
const BRAND = Symbol.for('second-thought.error')

/** What each code means; the message of an error says the rest and what to do about it. */
export const ERROR_CODES = {
  'webgpu-missing': 'This browser has no WebGPU, or not on this page (it needs https or this computer itself).',
  'adapter-missing': 'The browser has WebGPU but no usable GPU: none, blocklisted, or switched off.',
  'feature-missing': 'The GPU lacks a feature or a limit that the model needs.',
  'memory-short': 'The model did not fit into the memory of the GPU.',
  'device-lost': 'The GPU was taken away: driver reset, sleep, out of memory, another tab.',
  'worker-died': 'The engine stopped and was started anew; the model must be loaded again.',
  'engine-moved': 'The tab that ran the engine was closed or stopped, and another one took it over.',
  'model-broken': 'The model or its library failed inside: wrong files, or a defect.',
  'model-not-loaded': 'No model is loaded.',
  'manifest-invalid': 'A description of a model does not say what it must.',
  'download-failed': 'A file of the model could not be fetched.',
  'host-forbidden': "The page's own Content-Security-Policy does not name the server of the model.",
  'download-corrupt': 'A file of the model is not the file that its description names.',
  'files-damaged': 'Stored files of the model were damaged, and have to be fetched again.',
  'model-import-invalid': 'A folder or an archive is not a model that can be imported.',
  'storage-full': 'The browser has no room for the model.',
  'storage-unreadable': 'What the browser has stored cannot be read.',
  'passphrase-wrong': 'What is encrypted does not open with this passphrase.',
  'prompt-too-long': 'A message is longer than what the model can read.',
  'gguf-invalid': 'A GGUF file is damaged, or is none, or holds something that we cannot read.',
  'import-invalid': 'A file of chats cannot be read.',
  'request-invalid': 'A call was made with values that make no sense.',
  'assets-missing': 'The worker and the model are not where the site was said to serve them.',
  'server-unreachable': 'A server that was to reply cannot be reached from this page.',
  'server-refused': 'A server that was to reply refused, or failed.',
  'stream-broken': 'The reply of a server broke off.',
  unsupported: 'The engine or its model cannot do what was asked for.',
  unexpected: 'Something that we did not foresee.',
} as const

/** A code of the closed list: what an error is, for programs. */
export type ErrorCode = keyof typeof ERROR_CODES

/** The one class of our errors. Cancelling is not an error: it rejects with the signal's own reason. */
export class ReflectionError extends Error {
  readonly [BRAND] = true
  readonly code: ErrorCode
  /** Numbers and names that the message speaks of, for a page that words it itself (tokens, bytes, a file's name). */
  readonly details: Readonly<Record<string, string | number>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, string | number>> } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'ReflectionError'
    this.code = code
    this.details = options.details ?? {}
  }

  static is(value: unknown): value is ReflectionError {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  /** The value itself if it is ours, else an `unexpected` error with it as the cause. */
  static from(value: unknown, code: ErrorCode = 'unexpected'): ReflectionError {
    if (ReflectionError.is(value)) return value
    return new ReflectionError(code, value instanceof Error ? value.message : String(value), { cause: value })
  }
}
