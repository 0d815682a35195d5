import { expect, test } from 'vitest'
import { languageName } from '../../../../../src/ui/chat/markdown/language-name.ts'

test.each([
  ['py', 'Python'],
  ['C++', 'C++'],
  ['brainfuck', 'brainfuck'],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
  ['', ''],
])('code in %j is in %j', (written, name) => {
  expect(languageName(written)).toBe(name)
})
