import { expect, test } from 'vitest'
import { createRunQueue, type RunControl } from '../../../worker/run-queue.ts'

/** What a run comes to that left the queue. */
const LEFT = 'left'

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
  const failing = queue.add(
    'a',
    async (control) => {
      await first.work(control)
      order.push('a')
      throw new Error('no')
    },
    LEFT,
  )
  const second = queue.add('b', async () => void order.push('b'), undefined)
  expect(order).toEqual([])
  first.letGo()
  await expect(failing).rejects.toThrow('no')
  await second
  expect(order).toEqual(['a', 'b'])
})

test('a run is told to stop or to answer by its name, others are not', async () => {
  const queue = createRunQueue()
  const { work, letGo } = heldWork()
  const results = ['a', 'b', 'c'].map((name) => queue.add<RunControl | string>(name, work, LEFT))
  await Promise.resolve() // the first has its turn
  expect(['a', 'unknown'].map(queue.cancel)).toEqual([true, false])
  queue.answerNow('c')
  letGo()
  expect(await Promise.all(results)).toEqual([
    { cancelled: true, answerNow: false },
    { cancelled: false, answerNow: false },
    { cancelled: false, answerNow: true },
  ])
  expect(queue.cancel('a')).toBe(false)
})

test('a run that is stopped while it waits leaves at once; it is never begun, and the others keep their order', async () => {
  const queue = createRunQueue()
  const order: string[] = []
  const first = heldWork()
  const work = (name: string) => async (control: RunControl) => {
    order.push(name)
    await first.work(control)
    return name
  }
  const results = ['a', 'b', 'c', 'd'].map((name) => queue.add(name, work(name), LEFT))
  await Promise.resolve() // the first has its turn
  expect(queue.cancel('b')).toBe(false)
  expect(await results[1]).toBe(LEFT)
  expect(order).toEqual(['a'])
  first.letGo()
  expect(await Promise.all(results)).toEqual(['a', LEFT, 'c', 'd'])
  expect(order).toEqual(['a', 'c', 'd'])
})

test('draining stops all runs and waits for their end', async () => {
  const queue = createRunQueue()
  const { work, letGo } = heldWork()
  const results = ['a', 'b'].map((name) => queue.add<RunControl | string>(name, work, LEFT))
  await Promise.resolve() // the first has its turn
  let isDrained = false
  const drained = queue.drain().then(() => (isDrained = true))
  await Promise.resolve()
  expect(isDrained).toBe(false)
  letGo()
  await drained
  expect(await Promise.all(results)).toEqual([{ cancelled: true, answerNow: false }, LEFT])
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
  const run = queue.add('a', async () => void order.push('a'), undefined)
  chunk.letGo()
  await Promise.all([aside, run])
  expect(order).toEqual(['begun', 'over', 'a'])
})

test('what shall be done aside waits for the runs before it, and is never begun when another call comes first', async () => {
  const queue = createRunQueue()
  const order: string[] = []
  const first = heldWork()
  const run = queue.add<RunControl | string>('a', first.work, LEFT)
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
