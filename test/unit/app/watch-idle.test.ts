import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchIdle } from '../../../src/app/watch-idle.ts'

// Time is played, that of the clock and that which the page runs: nobody sets the clock of a machine for a test. Chats that are locked in a real
// page are in test/e2e/stored-chats.test.ts.

const MINUTE_MS = 60_000
const LIMIT = 5

let page: EventTarget
const onIdle = vi.fn<() => void>()
const onActive = vi.fn<() => void>()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval'], now: new Date('2026-05-01T12:00:00Z') })
  page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
})
afterEach(() => {
  vi.clearAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function watch(minutes = LIMIT) {
  const idle = watchIdle({ onIdle, onActive })
  idle.set(minutes)
  return idle
}

function pass(minutes: number): void {
  vi.advanceTimersByTime(minutes * MINUTE_MS)
}

/** Sets the clock, while the page runs on as it did. */
function setClock(byMinutes: number): void {
  vi.setSystemTime(Date.now() + byMinutes * MINUTE_MS)
}

const sign = () => page.dispatchEvent(new Event('keydown'))

test('tells once nobody was there for so long, and not before', () => {
  watch()
  pass(4)
  sign()
  pass(LIMIT - 0.5)
  expect(onIdle).not.toHaveBeenCalled()
  pass(1)
  expect(onIdle).toHaveBeenCalled()
})

test('someone at another page of the site counts as well', () => {
  const idle = watch()
  pass(4)
  idle.touch()
  pass(4)
  expect(onIdle).not.toHaveBeenCalled()
})

test('who was away while there was no limit, as another page was to unlock the chats, is not away from then on', () => {
  const idle = watch(0)
  pass(3 * LIMIT)
  idle.set(LIMIT)
  pass(LIMIT - 0.5)
  expect(onIdle).not.toHaveBeenCalled()
  idle.set(LIMIT) // no news
  pass(1)
  expect(onIdle).toHaveBeenCalled()
})

test.each([-60, -3, 3])('a clock that is set by %i minutes gives nobody more time', (minutes) => {
  watch()
  pass(3)
  setClock(minutes)
  pass(LIMIT - 3 + 0.5)
  expect(onIdle).toHaveBeenCalled()
})

test('a clock that is set back while someone is there takes no time from them', () => {
  watch()
  pass(1)
  setClock(-60)
  for (let minute = 0; minute < 70; minute++) {
    sign()
    pass(1)
  }
  expect(onIdle).not.toHaveBeenCalled()
})

test('a computer that slept, where the time of the page stood still, tells before it takes a sign for someone who stayed', () => {
  watch()
  pass(1)
  setClock(30)
  sign()
  expect(onIdle).toHaveBeenCalledOnce()
})

test('a page that is shown again looks at once', () => {
  watch()
  setClock(30)
  page.dispatchEvent(new Event('visibilitychange'))
  expect(onIdle).toHaveBeenCalledOnce()
})

test('others are told that someone is here, but not with each key; and nothing is told where there is no limit', () => {
  const idle = watch()
  for (let key = 0; key < 100; key++) sign()
  expect(onActive).toHaveBeenCalledOnce()
  pass(1)
  sign()
  expect(onActive).toHaveBeenCalledTimes(2)
  idle.set(0)
  sign()
  pass(100)
  expect(onActive).toHaveBeenCalledTimes(2)
  expect(onIdle).not.toHaveBeenCalled()
})
