import { expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import { fromWire, toWire } from '../../../src/protocol/wire-error.ts'

/** As a message port would hand it over. */
const sent = (value: unknown) => fromWire(structuredClone(toWire(value)))

test('code, message, details and causes arrive', () => {
  const cause = new TypeError('outer', { cause: new Error('inner', { cause: 'a word' }) })
  const error = sent(new ReflectionError('storage-full', 'No room.', { cause, details: { bytes: 5, file: 'a' } }))
  expect(ReflectionError.is(error)).toBe(true)
  expect(error).toMatchObject({ code: 'storage-full', message: 'No room.', details: { bytes: 5, file: 'a' } })
  const outer = error.cause as Error
  const inner = outer.cause as Error
  expect([outer.message, inner.message, (inner.cause as Error).message]).toEqual([
    'TypeError: outer',
    'Error: inner',
    'a word',
  ])
})

test('an error without a cause arrives without one', () => {
  expect('cause' in sent(new ReflectionError('device-lost', 'Gone.'))).toBe(false)
})

test('a stranger becomes an unexpected error with itself as the cause', () => {
  const error = sent(new RangeError('too far'))
  expect(error).toMatchObject({ code: 'unexpected', message: 'too far' })
  expect((error.cause as Error).message).toBe('RangeError: too far')
  expect(sent('a word')).toMatchObject({ code: 'unexpected', message: 'a word' })
})

test('causes that go round in a circle end', () => {
  const cause = new Error('again')
  cause.cause = cause
  expect(toWire(new ReflectionError('unexpected', 'x', { cause })).causes).toHaveLength(5)
})

test('what is not of the wire, or names an unknown code, is unexpected', () => {
  expect(fromWire({ wire: 'second-thought.error', code: 'toString', message: 'x' }).code).toBe('unexpected')
  expect(fromWire(undefined).code).toBe('unexpected')
  const ours = new ReflectionError('worker-died', 'x')
  expect(fromWire(ours)).toBe(ours)
})
