import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEventBatch } from '../../../worker/batch-events.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first event goes at once, those after it together, 16 ms later', () => {
  const sent: (readonly number[])[] = []
  const batch = createEventBatch<number>((events) => sent.push(events))
  for (const event of [1, 2, 3]) batch.add(event)
  expect(sent).toEqual([[1]])
  vi.advanceTimersByTime(15)
  expect(sent).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(sent).toEqual([[1], [2, 3]])
  vi.advanceTimersByTime(100)
  expect(sent).toHaveLength(2)
})

test('each batch begins with what is said once in it', () => {
  const sent: (readonly string[])[] = []
  const batch = createEventBatch<string>(
    (events) => sent.push(events),
    () => ['how it stands'],
  )
  for (const event of ['a', 'b', 'c']) batch.add(event)
  vi.advanceTimersByTime(16)
  expect(sent).toEqual([
    ['how it stands', 'a'],
    ['how it stands', 'b', 'c'],
  ])
})

test('the end sends what is left and waits until all has arrived', async () => {
  const sent: (readonly number[])[] = []
  let arrive: () => void = () => undefined
  const batch = createEventBatch<number>((events) => {
    sent.push(events)
    return new Promise<void>((resolve) => (arrive = resolve))
  })
  batch.add(1)
  arrive()
  batch.add(2)
  let isOver = false
  const over = batch.end().then(() => (isOver = true))
  expect(sent).toEqual([[1], [2]])
  await vi.advanceTimersByTimeAsync(50)
  expect(isOver).toBe(false)
  arrive()
  await over
})

test('a receiver that is gone does not keep the end from coming', async () => {
  const batch = createEventBatch<number>(() => Promise.reject(new Error('gone')))
  batch.add(1)
  await expect(batch.end()).resolves.toBeUndefined()
})
