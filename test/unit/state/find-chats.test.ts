import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { SearchHit } from '../../../src/state/library/search-all.ts'
import { createChatFinder } from '../../../src/state/find-chats.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function hit(id: string): SearchHit {
  const summary = { id, title: id, createdAt: 0, updatedAt: 0 }
  return { summary, match: { place: 'title', snippet: id, ranges: [{ start: 0, end: 1 }] } }
}

/** A search whose chats come one by one, a second apart, and that notes what was asked of it. */
function slowSearch(ids: readonly string[], error?: ReflectionError) {
  const asked: { query: string; signal: AbortSignal }[] = []
  async function* search(query: string, signal: AbortSignal): AsyncIterable<SearchHit> {
    asked.push({ query, signal })
    for (const id of ids) {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      yield hit(id)
    }
    if (error !== undefined) throw error
  }
  return { asked, search }
}

describe('a search while typing', () => {
  test('begins when typing pauses, once', async () => {
    const { asked, search } = slowSearch([])
    const finder = createChatFinder({ search })
    for (const query of ['w', 'wo', 'word']) {
      finder.look(query)
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.map(({ query }) => query)).toEqual(['word'])
  })

  test('tells what it finds as it finds it, and when it is done', async () => {
    const finder = createChatFinder(slowSearch(['one', 'two']))
    const told: unknown[] = []
    finder.found.listen((found) => told.push([found?.status, found?.hits.map(({ summary }) => summary.id)]))
    finder.look('word')
    await vi.runAllTimersAsync()
    expect(told).toEqual([
      ['searching', []],
      ['searching', ['one']],
      ['searching', ['one', 'two']],
      ['done', ['one', 'two']],
    ])
  })

  test('is ended by the next key, and what it finds late is not told', async () => {
    const { asked, search } = slowSearch(['one', 'two', 'three'])
    const finder = createChatFinder({ search })
    finder.look('w')
    await vi.advanceTimersByTimeAsync(1500)
    finder.look('wo')
    expect(asked[0]?.signal.aborted).toBe(true)
    expect(finder.found.get()).toMatchObject({ query: 'wo', status: 'searching', hits: [{ summary: { id: 'one' } }] })
    await vi.runAllTimersAsync()
    expect(finder.found.get()).toMatchObject({ query: 'wo', status: 'done' })
    expect(finder.found.get()?.hits).toHaveLength(3)
  })

  test('for nothing shows nothing', async () => {
    const { asked, search } = slowSearch(['one'])
    const finder = createChatFinder({ search })
    finder.look('w')
    await vi.runAllTimersAsync()
    finder.look('  ')
    expect(finder.found.get()).toBeUndefined()
    await vi.runAllTimersAsync()
    expect(asked).toHaveLength(1)
  })

  test('keeps what it found when storage fails', async () => {
    const error = new ReflectionError('storage-unreadable', 'gone')
    const finder = createChatFinder(slowSearch(['one'], error))
    finder.look('w')
    await vi.runAllTimersAsync()
    expect(finder.found.get()).toMatchObject({ status: 'failed', error: { code: 'storage-unreadable' } })
    expect(finder.found.get()?.hits).toHaveLength(1)
  })
})
