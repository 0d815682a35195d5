import { expect, test } from 'vitest'
import { fileDateOf, fileNameOf } from '../../../../src/ui/parts/save-file.ts'

test.each([
  ['What is 47 * 38?', 'What is 47 38'],
  ['../../etc/passwd', 'etc passwd'],
  ['a\u0000b\nc\u202etxt.exe', 'a b c txt.exe'],
  ['怎样翻译？', '怎样翻译？'],
  ['ends with dots. . .', 'ends with dots'],
  ['.hidden', 'hidden'],
  ['   ', 'otherwise'],
  ['"?*', 'otherwise'],
])('the title %j is the file %j', (title, name) => {
  expect(fileNameOf(title, 'otherwise')).toBe(name)
})

test('a long title is cut between whole characters', () => {
  expect(fileNameOf('😀'.repeat(80), '')).toBe('😀'.repeat(60))
})

test('the day of a file is the one here', () => {
  expect(fileDateOf(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05')
})
