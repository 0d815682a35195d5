import { expect, onTestFinished, test, vi } from 'vitest'
import { createKvCache } from '../../../worker/kv-cache.ts'
import { createScriptedModel } from '../../fakes/token-model.ts'

/** A cache over a model of a certain speed, on a clock of its own. */
function setUp(msPerToken: number, firstChunk?: number) {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => clock.mockRestore())
  const machine = createScriptedModel({
    prefillChunk: 64,
    onCall: ({ ids }) => void (now += ids.length * msPerToken),
  })
  const model = firstChunk === undefined ? machine : { ...machine, firstChunk }
  const cache = createKvCache(model)
  const chunks = () => machine.calls.map(({ ids }) => ids.length)
  return { cache, chunks }
}

const PROMPT = Array.from({ length: 200 }, (_, index) => index)
const never = () => false

test('a prompt is fed in the largest chunks that a model takes', async () => {
  const { cache, chunks } = setUp(1)
  const rest = await cache.feed(PROMPT, never)
  expect([chunks(), rest]).toEqual([[64, 64, 64], PROMPT.slice(192)])
})

test('to a model of a token a second, in chunks of some seconds, the last one for the draw included', async () => {
  const { cache, chunks } = setUp(1000, 8)
  const rest = await cache.feed(PROMPT.slice(0, 30), never)
  expect([chunks(), rest]).toEqual([
    [8, 5, 5, 5, 5],
    [28, 29],
  ])
})

test('a model that may be slow begins with a small chunk, and goes on as fast as it is', async () => {
  const { cache, chunks } = setUp(10, 8)
  await cache.feed(PROMPT, never)
  expect(chunks()).toEqual([8, 64, 64])
  expect(await cache.feed(PROMPT.slice(0, 64), never)).toHaveLength(64)
})

test('what was learned while something was read ahead is known', async () => {
  const { cache, chunks } = setUp(1000)
  await cache.feedAhead(PROMPT.slice(0, 8), never)
  await cache.feed(PROMPT.slice(8, 20), never)
  expect(chunks()).toEqual([8, 5, 5])
})

test('a slow prompt is stopped between two chunks', async () => {
  const { cache, chunks } = setUp(1000, 8)
  const rest = await cache.feed(PROMPT, () => chunks().length === 2)
  expect(rest).toHaveLength(200 - 13)
})
