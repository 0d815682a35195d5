import { atom } from 'nanostores'
import { afterEach, expect, test, vi } from 'vitest'
import { keepOffline } from '../../../src/app/keep-offline.ts'
import type { ModelState } from '../../../src/state/model-loader.ts'

// A browser that installs a service worker, or does not, is played; a real one is in test/e2e/offline.test.ts.

afterEach(() => vi.unstubAllGlobals())

/** A page whose service worker installs for the first time. */
function visit() {
  const first = Object.assign(new EventTarget(), { state: 'installing', postMessage: vi.fn<() => void>() })
  const registration = Object.assign(new EventTarget(), {
    installing: first as typeof first | null,
    waiting: null,
    active: null as typeof first | null,
  })
  let begin = () => {}
  const ready = new Promise<void>((resolve) => (begin = resolve)) // as the browser has it: never where there is none
  const serviceWorker = Object.assign(new EventTarget(), {
    controller: null,
    ready,
    register: async () => registration,
  })
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('navigator', { serviceWorker })
  vi.stubGlobal(
    'document',
    Object.assign(new EventTarget(), { baseURI: 'https://site.example/', querySelector: () => null }),
  )
  const turn = (state: string) => {
    first.state = state
    first.dispatchEvent(new Event('statechange'))
  }
  return {
    copy: keepOffline(atom<ModelState>({ status: 'none' })),
    fail() {
      registration.installing = null
      turn('redundant')
    },
    succeed() {
      turn('installed')
      Object.assign(registration, { installing: null, active: first })
      begin()
    },
    worker: first,
  }
}

/** What begins with the registration has begun. */
const registered = () => new Promise((resolve) => setTimeout(resolve))

test('a first visit whose files could not all be fetched says so, and does not wait for ever', async () => {
  const { copy, fail } = visit()
  expect(copy.state.get().status).toBe('preparing')
  await registered()
  fail()
  await expect.poll(() => copy.state.get().status).toBe('incomplete')
})

test('a first visit that went well has its files kept', async () => {
  const { copy, succeed, worker } = visit()
  await registered()
  succeed()
  await expect.poll(() => worker.postMessage.mock.calls.length).toBe(1)
  expect(copy.state.get().status).toBe('preparing')
})
