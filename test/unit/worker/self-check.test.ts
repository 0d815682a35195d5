import { expect, test } from 'vitest'
import { createPromptEncoder } from '../../../src/core/chat/encode-prompt.ts'
import type { ModelDescription, SelfCheck } from '../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { selfCheckToken } from '../../../worker/self-check.ts'
import { CONTROL_TEXTS, createByteVocabulary, TAG_TEXTS } from '../../fakes/token-model.ts'
import { describeModel } from './support/descriptions.ts'

const vocabulary = createByteVocabulary([...CONTROL_TEXTS, ...TAG_TEXTS, '<think>', '</think>'])
const idOf = (text: string) => vocabulary.added.get(text)

function tokenAt(dial: SelfCheck | undefined, changes: Partial<ModelDescription> = {}) {
  return selfCheckToken(describeModel(changes), createPromptEncoder(vocabulary, changes.tags ?? []), dial)
}

test('the dial weighs on the tag that opens a reflection', () => {
  const id = idOf('<reflection>')
  expect(tokenAt('never')).toEqual({ id, bias: -100 })
  expect(tokenAt('less')).toEqual({ id, bias: -2 })
  expect(tokenAt('more')).toEqual({ id, bias: 2 })
})

test('in the middle it weighs nothing, and the middle is where it stands by itself', () => {
  expect(tokenAt('normal')).toBeUndefined()
  expect(tokenAt(undefined)).toBeUndefined()
  const selfCheckBias = { never: -50, less: -1, normal: 0.5, more: 3 }
  expect(tokenAt(undefined, { selfCheckBias })).toEqual({ id: idOf('<reflection>'), bias: 0.5 })
})

test('a calibrated dial has the values of the description', () => {
  const selfCheckBias = { never: -50, less: -1, normal: 0, more: 3 }
  expect(tokenAt('never', { selfCheckBias })?.bias).toBe(-50)
  expect(tokenAt('less', { selfCheckBias })?.bias).toBe(-1)
  expect(tokenAt('more', { selfCheckBias })?.bias).toBe(3)
})

test('without reflections it weighs on the end of the thinking, the other way round', () => {
  const changes = { dialect: DIALECTS.think }
  expect(tokenAt('more', changes)).toEqual({ id: idOf('</think>'), bias: -2 })
  expect(tokenAt('less', changes)).toEqual({ id: idOf('</think>'), bias: 2 })
})

test('without reflections calibrated values are taken as they are: they were measured on that token', () => {
  const selfCheckBias = { never: 9, less: 4, normal: 0, more: -4 }
  expect(tokenAt('more', { dialect: DIALECTS.think, selfCheckBias })).toEqual({ id: idOf('</think>'), bias: -4 })
})

test('a tag of several tokens, or of none, has no dial', () => {
  expect(tokenAt('more', { tags: [{ text: '<reflection>', tokenIds: [1, 2] }] })).toBeUndefined()
  expect(tokenAt('more', { tags: [{ text: '<reflection>', tokenIds: [] }] })).toBeUndefined()
  expect(tokenAt('more', { tags: [{ text: '<reflection>', tokenIds: [7] }] })).toEqual({ id: 7, bias: 2 })
})
