import { expect, test } from 'vitest'
import { createKvCache } from '../../../../worker/kv-cache.ts'
import { tokenModel } from '../../../../worker/llama-cpp-engine.ts'
import type { LlamaCpp } from '../../../../worker/llama-cpp/program.ts'
import { describeModel } from '../support/descriptions.ts'

/** llama.cpp with a model that has a recurrent state, which nothing can be taken out of. */
function setUp() {
  const calls: string[] = []
  const llama: LlamaCpp = {
    call(action) {
      calls.push(action)
      if (action === 'kv_remove') throw new Error('llama.cpp could not kv_remove: it said nothing')
      return { success: true }
    },
    end: () => undefined,
  }
  return { calls, cache: createKvCache(tokenModel(llama, describeModel(), new Map(), [])) }
}

test('a model that cannot take back a part begins empty, and reads all of the next prompt', async () => {
  const { calls, cache } = setUp()
  await cache.feedAhead([1, 2, 3, 4], () => false)
  expect(cache.keep([1, 2, 7, 8])).toBe(0)
  expect(calls.slice(-2)).toEqual(['kv_remove', 'kv_clear'])
  await cache.feedAhead([1, 2, 7], () => false)
  expect(cache.keep([1, 2, 7, 8])).toBe(3) // what only goes on is taken
})
