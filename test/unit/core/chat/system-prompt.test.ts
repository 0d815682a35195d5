import { expect, test } from 'vitest'
import { REFLECTION_SYSTEM_PROMPT, systemPrompt, thinkCarefully } from '../../../../src/core/chat/system-prompt.ts'

test('custom instructions follow the Reflection prompt after an empty line', () => {
  expect(systemPrompt({ reflect: true, custom: '  Be brief.\n' })).toBe(`${REFLECTION_SYSTEM_PROMPT}\n\nBe brief.`)
})

test('each part can stand alone', () => {
  expect(systemPrompt({ reflect: true })).toBe(REFLECTION_SYSTEM_PROMPT)
  expect(systemPrompt({ reflect: false, custom: 'Be brief.' })).toBe('Be brief.')
})

test('nothing to say is no system message', () => {
  expect(systemPrompt({ reflect: false })).toBeUndefined()
  expect(systemPrompt({ reflect: false, custom: ' \n' })).toBeUndefined()
})

test('the Reflection prompt names the three tags', () => {
  expect(REFLECTION_SYSTEM_PROMPT.match(/<\w+>/g)).toEqual(['<thinking>', '<output>', '<reflection>'])
})

test('the words that raise accuracy come after one space', () => {
  expect(thinkCarefully('What is 2+2? \n')).toBe('What is 2+2? Think carefully.')
})
