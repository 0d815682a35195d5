import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage, type Field } from '../../../../worker/llama-cpp/messages.ts'

// The bytes are those that wllama 2.4.0's own codec (`src/glue/glue.ts`) makes of the same messages.
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const HEAD = '474c554501000000' // GLUE, 1

test('a message is a magic word, a version, its name, and each field with its type', () => {
  const fields: readonly Field[] = [
    { kind: 'text', value: 'é' },
    { kind: 'bool', value: true },
    { kind: 'int', value: -2 },
    { kind: 'float', value: 0.5 },
    { kind: 'ints', value: [1, 258] },
    { kind: 'texts', value: ['a', ''] },
    { kind: 'int', value: undefined },
  ]
  expect(hex(encodeMessage('tokn_req', fields))).toBe(
    [
      HEAD,
      '746f6b6e5f726571',
      '04000000 02000000 c3a9',
      '01000000 01000000',
      '02000000 feffffff',
      '03000000 0000003f',
      '07000000 02000000 01000000 02010000',
      '09000000 02000000 01000000 61 00000000',
      '00000000',
    ]
      .join('')
      .replaceAll(' ', ''),
  )
})

test('an answer is read field by field; lists begin wherever they happen to', () => {
  const answer = encodeMessage('test_res', [
    { kind: 'bool', value: true },
    { kind: 'text', value: 'odd' },
    { kind: 'ints', value: [7, -1] },
    { kind: 'texts', value: ['passed', 'over'] },
    { kind: 'floats', value: [0.25] },
    { kind: 'int', value: undefined },
  ])
  const read = decodeMessage(answer, 'test_res', ['success', 'message', 'tokens', 'texts', 'probs', 'nothing'])
  expect(read).toEqual({
    success: true,
    message: 'odd',
    tokens: Int32Array.of(7, -1),
    probs: Float32Array.of(0.25),
    nothing: null,
  })
})

test('another message than meant is an error that names both', () => {
  expect(() => decodeMessage(encodeMessage('erro_evt', []), 'deco_res', [])).toThrow(
    'llama.cpp answered "erro_evt" instead of "deco_res"',
  )
})
