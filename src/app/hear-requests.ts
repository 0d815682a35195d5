import { ASK_FOR_REQUESTS, REQUEST_CHANNEL } from '../core/request-channel.ts'
import { openPageChannel } from '../storage/page-channel.ts'

/** How many notes wait for someone who is told: as many as a worker keeps. */
const MOST_HEARD = 5000

/**
 * Hears from now on what the workers of this site ask for, and what they have asked for so far: a service worker without work is soon ended
 * by the browser, and its notes with it.
 * @returns Tells someone all of it, from the first note on. Nothing of it is checked.
 */
export function hearRequests(): (tell: (note: unknown) => void) => void {
  const heard: unknown[] = []
  let hear = (note: unknown): void => void (heard.length < MOST_HEARD && heard.push(note))
  const channel = openPageChannel(REQUEST_CHANNEL)
  channel.subscribe((note) => hear(note))
  channel.post(ASK_FOR_REQUESTS)
  return (tell) => {
    hear = tell
    heard.splice(0).forEach((note) => tell(note))
  }
}
