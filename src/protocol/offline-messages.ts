import { fields, list, oneOf, optional, problemsOf, type DataCheck } from '../core/check-data.ts'

/**
 * Files of the page that are needed together. `page`: all but the engines. `gpu`: WebLLM. `processor`: llama.cpp with one thread. `threads`:
 * llama.cpp for pages whose threads may share memory.
 */
export const OFFLINE_PARTS = ['page', 'gpu', 'processor', 'threads'] as const

export type OfflinePart = (typeof OFFLINE_PARTS)[number]

/** A file of the page, as the build lists it for the service worker. */
export interface OfflineFile {
  /** Relative to the page. */
  readonly url: string
  /** Of a file whose name stays the same when it changes; null where the name says it. */
  readonly revision: string | null
  /** As `Request.integrity` has it. */
  readonly integrity: string
  readonly bytes: number
  readonly part: OfflinePart
}

/** How much of a part there is, and how much of it the service worker has. */
export interface PartReport {
  readonly bytes: number
  readonly keptBytes: number
}

export type OfflineReport = Readonly<Record<OfflinePart, PartReport>>

/** From the page to the service worker, which answers on the port that comes with it. */
export type ToServiceWorker =
  /** Answered by `OfflineAnswer`, after each file. */
  | { readonly type: 'keep'; readonly parts: readonly OfflinePart[] }
  /** A waiting service worker shall wait no longer. */
  | { readonly type: 'take-over' }
  /** Everything is about to be deleted. Answered, with anything, once the service worker writes nothing any more. */
  | { readonly type: 'end' }

/** What is kept now, after each file; at last with `isDone`, and what went wrong, if something did. */
export interface OfflineAnswer {
  readonly report: OfflineReport
  readonly isDone: boolean
  readonly problem?: string
}

/**
 * Every page holds a shared Web Lock of this name, followed by the address of its first script, as long as it lives. So the service worker
 * knows which pages are of an earlier build, and keeps their files.
 */
export const BUILD_LOCK = 'second-thought.build:'

const MESSAGE: DataCheck = fields({
  type: oneOf(['keep', 'take-over', 'end']),
  parts: optional(list(oneOf(OFFLINE_PARTS))),
})

/** A message of a page; undefined for whatever is none. */
export function readToServiceWorker(data: unknown): ToServiceWorker | undefined {
  if (problemsOf(data, MESSAGE).length > 0) return undefined
  const { type, parts = [] } = data as { type: ToServiceWorker['type']; parts?: readonly OfflinePart[] }
  return type === 'keep' ? { type, parts } : { type }
}
