import { ASK_FOR_REQUESTS, REQUEST_CHANNEL } from './request-channel.ts'
import { noteRefusals, plainAddress, tellRequestNotes, type Requester, type RequestNote } from './request-notes.ts'

/** How many notes a worker keeps for those who ask: a large model has some hundreds of files. */
const MOST_NOTES = 5000

/** How often a worker tells all of it at most, milliseconds: whoever asks without end shall cost little. */
const TELL_EVERY_MS = 1000

/** Tells of every request that is made here, as the browser lists them, those of before too, and of what else is noted. */
export function watchRequests(by: Requester, tell: (note: RequestNote) => void): void {
  tellRequestNotes(tell)
  const types = PerformanceObserver.supportedEntryTypes.filter((type) => type === 'resource' || type === 'navigation')
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) tell(noteOf(entry as PerformanceResourceTiming, by))
  })
  for (const type of types) observer.observe({ type, buffered: true })
}

/** Tells the pages of this site of every request of this worker, and those that are opened later, when they ask. */
export function shareRequests(by: Requester): void {
  if (!('BroadcastChannel' in globalThis)) return
  const channel = new BroadcastChannel(REQUEST_CHANNEL)
  const notes: RequestNote[] = []
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  const post = (note: RequestNote) => channel.postMessage(note)
  let toldAt = -Infinity
  let telling: ReturnType<typeof setTimeout> | undefined
  const tellAll = () => {
    telling = undefined
    toldAt = performance.now()
    notes.forEach(post)
  }
  channel.addEventListener('message', ({ data }) => {
    if (data === ASK_FOR_REQUESTS) telling ??= setTimeout(tellAll, toldAt + TELL_EVERY_MS - performance.now())
  })
  noteRefusals(by)
  watchRequests(by, (note) => {
    notes.push(note)
    if (notes.length > MOST_NOTES) notes.shift()
    post(note)
  })
}

/** What the service worker has, or the browser's own cache, took no network; what it had to ask for, it tells itself. */
function noteOf(entry: PerformanceResourceTiming, by: Requester): RequestNote {
  const { name, startTime, transferSize, encodedBodySize } = entry
  // Older browsers tell neither.
  const { responseStatus = 200, deliveryType = '' } = entry as { responseStatus?: number; deliveryType?: string }
  const isKept = deliveryType !== '' && transferSize === 0
  const bytes = isKept ? 0 : transferSize === 0 ? encodedBodySize : transferSize
  const end = isKept ? 'kept' : responseStatus === 0 && bytes === 0 ? 'failed' : 'answered'
  return { address: plainAddress(name), by, at: Math.round(performance.timeOrigin + startTime), bytes, end }
}
