import { expect, onTestFinished, test, vi } from 'vitest'
import { hearRequests } from '../../../src/app/hear-requests.ts'
import { ASK_FOR_REQUESTS, REQUEST_CHANNEL } from '../../../src/core/request-channel.ts'

type Channel = InstanceType<typeof BroadcastChannel>

/** A worker of the site, or its service worker, as far as its channel goes. */
function openWorker(): Channel {
  const channel = new BroadcastChannel(REQUEST_CHANNEL)
  onTestFinished(() => channel.close())
  return channel
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
const say = (worker: Channel, note: unknown) => worker.postMessage(note)

test('what a service worker told before it was ended is there for whoever asks later, and what is told after that', async () => {
  const worker = openWorker()
  const isAsked = new Promise((resolve) =>
    worker.addEventListener('message', (event) => resolve((event as { data?: unknown }).data)),
  )
  const tellHeard = hearRequests()
  expect(await isAsked).toBe(ASK_FOR_REQUESTS) // at once, while it lives
  say(worker, 'one')
  say(worker, 'two')
  const witness = openWorker()
  await new Promise((resolve) => {
    witness.addEventListener('message', resolve)
    say(worker, 'three')
  })
  worker.close()

  const told: unknown[] = []
  tellHeard((note) => told.push(note))
  await expect.poll(() => told).toEqual(['one', 'two', 'three'])
  say(openWorker(), 'four')
  await expect.poll(() => told).toEqual(['one', 'two', 'three', 'four'])
})

test('a flood is not held whole', () => {
  const channel = Object.assign(new EventTarget(), { postMessage: () => undefined })
  vi.stubGlobal('BroadcastChannel', function () {
    return channel
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  const tellHeard = hearRequests()
  for (let note = 0; note < 6000; note++) channel.dispatchEvent(new MessageEvent('message', { data: note }))
  let count = 0
  tellHeard(() => count++)
  expect(count).toBe(5000)
})
