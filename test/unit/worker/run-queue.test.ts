import { expect, test } from 'vitest'
import { createRunQueue, type RunControl } from '../../../worker/run-queue.ts'

/** Work that goes on until it is let go. */
function heldWork() {
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => (letGo = resolve))
  return { work: (control: RunControl) => held.then(() => ({ ...control })), letGo: () => letGo() }
}

test('runs wait for each other in the order of their calls, also after one that failed', async () => {
  const queue = createRunQueue()
  const order: string[] = []
  const first = heldWork()
  const failing = queue.add('a', async (control) => {
    await first.work(control)
    order.push('a')
    throw new Error('no')
  })
  const second = queue.add('b', async () => order.push('b'))
  expect(order).toEqual([])
  first.letGo()
  await expect(failing).rejects.toThrow('no')
  await second
  expect(order).toEqual(['a', 'b'])
})

test('a run is told to stop or to answer by its name, others are not', async () => {
  const queue = createRunQueue()
  const { work, letGo } = heldWork()
  const results = [queue.add('a', work), queue.add('b', work), queue.add('c', work)]
  queue.cancel('b')
  queue.answerNow('c')
  queue.cancel('unknown')
  letGo()
  expect(await Promise.all(results)).toEqual([
    { cancelled: false, answerNow: false },
    { cancelled: true, answerNow: false },
    { cancelled: false, answerNow: true },
  ])
})

test('draining stops all runs and waits for their end', async () => {
  const queue = createRunQueue()
  const { work, letGo } = heldWork()
  const results = [queue.add('a', work), queue.add('b', work)]
  let isDrained = false
  const drained = queue.drain().then(() => (isDrained = true))
  await Promise.resolve()
  expect(isDrained).toBe(false)
  letGo()
  await drained
  expect((await Promise.all(results)).map(({ cancelled }) => cancelled)).toEqual([true, true])
})

test('what is done aside gives way to a run, which waits until it has noticed', async () => {
  const queue = createRunQueue()
  const order: string[] = []
  const chunk = heldWork()
  const aside = queue.addAside(async (isCancelled) => {
    order.push('begun')
    while (!isCancelled()) await chunk.work({ cancelled: false, answerNow: false })
    order.push('over')
  })
  await new Promise((resolve) => setTimeout(resolve, 0))
  const run = queue.add('a', async () => order.push('a'))
  chunk.letGo()
  await Promise.all([aside, run])
  expect(order).toEqual(['begun', 'over', 'a'])
})

test('what shall be done aside waits for the runs before it, and is never begun when another call comes first', async () => {
  const queue = createRunQueue()
  const order: string[] = []
  const first = heldWork()
  const run = queue.add('a', first.work)
  const asides = ['one', 'two'].map((name) => queue.addAside(async () => void order.push(name)))
  first.letGo()
  await Promise.all([run, ...asides])
  expect(order).toEqual(['two'])
  const failing = queue.addAside(async () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  const drained = [queue.addAside(async () => void order.push('three')), queue.drain()]
  await Promise.all(drained)
  expect(order).toEqual(['two'])
})
