import type { ReadableAtom } from 'nanostores'
import type { RequestNote } from '../core/request-notes.ts'

/** Requests of one kind to one address: `at` is when the last began, `bytes` are of all. */
export interface RequestLine extends RequestNote {
  readonly times: number
}

/** Every request that was made since the page was opened. */
export interface RequestLog {
  /** Milliseconds since 1970. */
  readonly since: number
  readonly lines: ReadableAtom<readonly RequestLine[]>
}

/** Why a request was made, as far as its address tells. */
export type RequestReason =
  | { readonly why: 'page' | 'engine' | 'browser' | 'given' }
  /** A file of a model. */
  | { readonly why: 'model'; readonly name: string }
  /** What was said to a model on a server that the user added. */
  | { readonly why: 'server'; readonly name: string }

/** A model, and the addresses under which its files lie. */
export interface KnownModel {
  readonly name: string
  readonly addresses: readonly string[]
  /** It runs there. */
  readonly isOnServer?: boolean
}

/** @param base - Address of the folder of the page. */
export function reasonOf(line: RequestLine, base: string, models: readonly KnownModel[]): RequestReason {
  if (line.by === 'browser') return { why: 'browser' }
  const asked = line.from ?? line.address
  const model = models.find(({ addresses }) => addresses.some((address) => asked.startsWith(address)))
  if (model !== undefined) return { why: model.isOnServer === true ? 'server' : 'model', name: model.name }
  if (!asked.startsWith(base)) return { why: 'given' }
  return { why: /\/assets\/(webllm|llama-cpp)-/.test(asked) ? 'engine' : 'page' }
}
