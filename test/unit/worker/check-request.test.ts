import { describe, expect, test } from 'vitest'
import type { ChatMessage, GenerateOptions, GenerateRequest } from '../../../src/core/engine.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { checkRequest } from '../../../worker/check-request.ts'

const system: ChatMessage = { role: 'system', content: 'Be brief.' }
const user: ChatMessage = { role: 'user', content: 'Hi' }
const assistant: ChatMessage = { role: 'assistant', content: '<output>He' }

/** What is wrong with a request, in words; undefined when nothing is. */
function faultOf(request: GenerateRequest): string | undefined {
  try {
    checkRequest(request)
    return undefined
  } catch (error) {
    if (!ReflectionError.is(error) || error.code !== 'request-invalid') throw error
    return error.message
  }
}

const faultOfOptions = (options: GenerateOptions) => faultOf({ messages: [user], options })

describe('messages', () => {
  test.each([
    ['a question', [user]],
    ['instructions and a question', [system, user]],
    ['a reply to be continued', [system, user, assistant]],
    ['an empty question', [{ role: 'user', content: '' }]],
  ] as const)('may end with %s', (_, messages) => {
    expect(faultOf({ messages })).toBeUndefined()
  })

  test.each([
    ['nothing', []],
    ['instructions', [system]],
    ['instructions after a question', [user, system]],
  ] as const)('may not end with %s', (_, messages) => {
    expect(faultOf({ messages })).toMatch(/must end with a message of the user/)
  })

  test.each([
    ['two system messages', [system, system, user]],
    ['a late one', [user, system, user]],
  ] as const)('may not hold %s', (_, messages) => {
    expect(faultOf({ messages })).toMatch(/one system message, and only as the first/)
  })

  test('must be text, also where no type is checked', () => {
    const fromOutside: GenerateRequest = JSON.parse('{"messages":[{"role":"user","content":["Hi"]}]}')
    expect(faultOf(fromOutside)).toMatch(/content of a message must be text/)
  })
})

describe('options', () => {
  test.each<[GenerateOptions]>([
    [{}],
    [{ temperature: 0, topP: 1, maxTokens: 1, thinkBudget: 0, seed: 0 }],
    [{ temperature: 2, topP: Number.MIN_VALUE, maxTokens: 1e6, thinkBudget: 1e6, seed: Number.MAX_SAFE_INTEGER }],
  ])('%o are within their bounds', (options) => {
    expect(faultOfOptions(options)).toBeUndefined()
  })

  test.each([
    ['temperature', [-0.001, 2.001, NaN, Infinity], 'It must be from 0 up to 2.'],
    ['topP', [0, -1, 1.001, NaN], 'It must be above 0 and up to 1.'],
    ['maxTokens', [0, -1, 1.5, NaN, Infinity], 'It must be a whole number, at least 1.'],
    ['thinkBudget', [-1, 0.5, NaN, Infinity], 'It must be a whole number, at least 0.'],
    ['seed', [-1, 0.5, NaN, 2 ** 53], 'It must be a whole number, at least 0.'],
  ] as const)('%s is named with its value and its bounds where it makes no sense', (name, values, bounds) => {
    for (const value of values) expect(faultOfOptions({ [name]: value })).toBe(`${name} is ${value}. ${bounds}`)
  })
})
