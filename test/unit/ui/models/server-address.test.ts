import { expect, test } from 'vitest'
import { serverAddress } from '../../../../src/ui/models/server-address.ts'

test.each([
  ['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000/v1'],
  [' http://127.0.0.1:8000 ', 'http://127.0.0.1:8000/v1'],
  ['https://Reflection.example/api/v1//', 'https://reflection.example/api/v1'],
  ['http://localhost:11434/v1/chat/completions', 'http://localhost:11434/v1'],
  ['http://localhost:11434/v1/models', 'http://localhost:11434/v1'],
])('%j is asked at %s', (typed, address) => expect(serverAddress(typed)).toBe(address))

test.each([
  '',
  '127.0.0.1:8000',
  'ftp://a/v1',
  'https://',
  'https://me:secret@a/v1',
  'https://a/v1?key=1',
  'https://a/#x',
])('%j is no address of a server', (typed) => expect(serverAddress(typed)).toBeUndefined())
