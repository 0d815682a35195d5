import { describe, expect, test } from 'vitest'
import { fitWindow, type PromptSize } from '../../../../src/core/chat/fit-window.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'

const system = { role: 'system', tokens: 10 } as const
const user = (tokens: number) => ({ role: 'user', tokens }) as const
const reply = (tokens: number) => ({ role: 'assistant', tokens }) as const

/** A system message and some turns of 40 tokens, the last without a reply. */
function talk(turns: number): PromptSize {
  const messages = Array.from({ length: turns }, () => [user(10), reply(30)]).flat()
  return { frame: 2, messages: [system, ...messages.slice(0, -1)] }
}

describe('the window', () => {
  test('keeps everything while a quarter is free for the reply', () => {
    expect(fitWindow({ frame: 2, messages: [user(73)] }, 100)).toEqual({ kept: [0], dropped: 0, tokens: 75 })
    const two = { frame: 2, messages: [user(10), reply(33), user(30)] }
    expect(fitWindow(two, 100).dropped).toBe(0)
    expect(fitWindow({ ...two, frame: 3 }, 100)).toEqual({ kept: [2], dropped: 2, tokens: 33 })
  })

  test('needs less room for a reply that cannot be long', () => {
    const size = { frame: 2, messages: [user(10), reply(43), user(40)] }
    expect(fitWindow(size, 100, 5).dropped).toBe(0)
    expect(fitWindow(size, 100, 6).dropped).toBe(2)
  })

  test('lets the oldest turns go whole, and never the system message or the last turn', () => {
    const { kept, dropped, tokens } = fitWindow(talk(6), 200)
    expect(kept).toEqual([0, 7, 8, 9, 10, 11])
    expect(dropped).toBe(6)
    expect(tokens).toBe(2 + 10 + 2 * 40 + 10)
  })

  test('lets turns go in steps, so that the turns after that begin alike', () => {
    const first = Array.from({ length: 12 }, (_, index) => fitWindow(talk(index + 5), 400).kept[1])
    const changes = first.filter((start, index) => index > 0 && start !== first[index - 1])
    expect(changes.length).toBeGreaterThan(1)
    expect(changes.length).toBeLessThan(first.length / 2)
  })

  test('keeps the question of a reply to be continued', () => {
    const size = { frame: 2, messages: [system, user(20), reply(20), user(20), reply(40)] }
    expect(fitWindow(size, 100).kept).toEqual([0, 3, 4])
  })

  test('refuses a message that leaves no room for one token, with its size and the limit', () => {
    expect(fitWindow({ frame: 2, messages: [system, user(87)] }, 100).kept).toEqual([0, 1])
    let caught: unknown
    try {
      fitWindow({ frame: 2, messages: [system, user(5), reply(5), user(88)] }, 100)
    } catch (error) {
      caught = error
    }
    expect(ReflectionError.is(caught)).toBe(true)
    expect(caught).toMatchObject({ code: 'prompt-too-long', details: { tokens: 100, limit: 99 } })
    expect(() => fitWindow({ frame: 2, messages: [user(8), reply(90)] }, 100)).toThrow(/This reply cannot go on/)
  })
})
