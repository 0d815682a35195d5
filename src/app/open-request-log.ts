import { atom } from 'nanostores'
import { fields, number, oneOf, optional, problemsOf, text } from '../core/check-data.ts'
import type { RequestNote } from '../core/request-notes.ts'
import { watchRequests } from '../core/watch-requests.ts'
import type { RequestLine, RequestLog } from '../state/request-log.ts'
import type { hearRequests } from './hear-requests.ts'

/** How long before there is a page its service worker may have begun to ask for it, milliseconds. */
const OPENING_MS = 2000

/** Of how many requests others may tell: anybody of this origin can make some up. A large model has some hundreds of files. */
const MOST_TOLD = 10_000

const NOTE = fields<RequestNote>({
  address: text(/^(https?|wss?):[^]{0,4000}$/),
  by: oneOf(['page', 'worker', 'service-worker', 'browser']),
  from: optional(text()),
  at: number({ least: 0 }),
  bytes: number({ least: 0 }),
  end: oneOf(['answered', 'kept', 'refused', 'failed', 'possible']),
})

/**
 * Writes down every request of this page since it was opened, of the workers of its site and of its service worker. Nothing of it is stored.
 * @param tellHeard - Tells what these have told since then, and will (`hear-requests.ts`).
 */
export function openRequestLog(tellHeard: ReturnType<typeof hearRequests>): RequestLog {
  const lines = new Map<string, RequestLine>()
  const $lines = atom<readonly RequestLine[]>([])
  const known = new Set<string>() // what workers told, which they do to all and to who asks
  const since = performance.timeOrigin

  function add(note: RequestNote): void {
    if (problemsOf(note, NOTE).length > 0) return // pages of other versions tell as well; and a blob: is no request
    const { address, by, from, end, bytes } = note
    const key = [address, by, from, end].join(' ')
    const before = lines.get(key)
    const times = (before?.times ?? 0) + 1
    lines.set(key, { ...note, times, bytes: (before?.bytes ?? 0) + bytes })
    $lines.set([...lines.values()])
  }

  function addTold(data: unknown): void {
    const note = data as RequestNote
    if (problemsOf(note, NOTE).length > 0 || note.at < since - OPENING_MS) return // for other pages, before
    const one = [note.address, note.end, note.at].join(' ')
    if (known.has(one) || known.size >= MOST_TOLD) return
    known.add(one)
    add(note)
  }

  watchRequests('page', add)
  tellHeard(addTold)
  for (const address of askedByBrowser()) add({ address, by: 'browser', at: 0, bytes: 0, end: 'possible' })
  return { since, lines: $lines }
}

/** What the document names for the browser itself, which lists it nowhere. */
function askedByBrowser(): string[] {
  const links = document.querySelectorAll<HTMLLinkElement>(
    'link[rel~=icon], link[rel=apple-touch-icon], link[rel=manifest]',
  )
  return [...[...links].map(({ href }) => href), new URL('service-worker.js', document.baseURI).href]
}
