import { expect, test } from 'vitest'
import { keepStorage } from '../../src/app/keep-storage.ts'
import { watchPolicy } from '../../src/app/watch-policy.ts'

test('what the policy of the page forbids is told from what cannot be reached', async () => {
  const policy = document.createElement('meta')
  policy.httpEquiv = 'Content-Security-Policy'
  policy.content = "connect-src 'self' ws: http://127.0.0.1:*" // what the tests themselves need, and no more
  document.head.append(policy)

  const forbidden = watchPolicy('https://models.example')
  const other = watchPolicy('https://other.example')
  await expect(fetch('https://models.example/manifest.json')).rejects.toThrow(TypeError)
  expect(await Promise.all([forbidden(), other()])).toEqual([true, false])

  const unreachable = watchPolicy('http://127.0.0.1:1')
  await expect(fetch('http://127.0.0.1:1/manifest.json')).rejects.toThrow(TypeError)
  expect(await unreachable()).toBe(false)
})

test('asking to keep what is stored never fails the page', async () => {
  await expect(keepStorage()).resolves.toBeUndefined()
})
