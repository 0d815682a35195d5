import { expect, test } from 'vitest'
import { createTokenText } from '../../../worker/token-text.ts'
import { createByteVocabulary } from '../../fakes/token-model.ts'

const { decode, encode } = createByteVocabulary()

test('a character whose bytes are spread over tokens comes with its last token', () => {
  const text = createTokenText(decode)
  expect([...encode('a🤔é')].map((id) => text.push(id))).toEqual(['a', '', '', '', '🤔', '', 'é'])
  expect(text.flush()).toBe('')
})

test('bytes that become no character are shown as missing, once', () => {
  const text = createTokenText(decode)
  expect([text.push(0xf0), text.push(0x9f), text.flush(), text.flush()]).toEqual(['', '', '\uFFFD', ''])
  expect(text.push(97)).toBe('a')
})

test('bytes that nobody waits for any more are given up, with the number of their tokens', () => {
  const text = createTokenText(decode)
  expect([text.push(0xf0), text.push(0x9f), text.drop(), text.drop(), text.flush()]).toEqual(['', '', 2, 0, ''])
  expect(text.push(97)).toBe('a')
})

test('bytes that are wrong are not waited for without end', () => {
  const text = createTokenText(decode)
  const pieces = Array.from({ length: 16 }, () => text.push(0xff))
  expect(pieces.join('')).toBe('\uFFFD'.repeat(16))
})
