import { expect, test } from 'vitest'
import { dialectTags } from '../../../../src/core/tags/dialect-tags.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'

test('each opening tag of a dialect is followed by its closing one', () => {
  expect(dialectTags(DIALECTS.reflection)).toEqual([
    '<thinking>',
    '</thinking>',
    '<reflection>',
    '</reflection>',
    '<output>',
    '</output>',
  ])
})

test('a dialect has no tags for what it does not mark', () => {
  expect(dialectTags(DIALECTS.think)).toEqual(['<think>', '</think>'])
  expect(dialectTags({ thinking: 't', output: 'o' })).toEqual(['<t>', '</t>', '<o>', '</o>'])
})
