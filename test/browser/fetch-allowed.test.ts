import { expect, test } from 'vitest'
import { keepStorage } from '../../src/app/keep-storage.ts'
import { fetchAllowed } from '../../src/core/fetch-allowed.ts'
import { fetchManifest } from '../../src/core/models/fetch-manifest.ts'

test('what the policy of the page forbids is told from what cannot be reached', async () => {
  const policy = document.createElement('meta')
  policy.httpEquiv = 'Content-Security-Policy'
  policy.content = "connect-src 'self' ws: http://127.0.0.1:*" // what the tests themselves need, and no more
  document.head.append(policy)

  const forbidden = fetchAllowed('https://models.example/resolve/v1/manifest.json', {})
  await expect(forbidden).rejects.toMatchObject({
    code: 'host-forbidden',
    message: expect.stringContaining('MODEL_HOSTS="https://models.example"'),
    details: { host: 'https://models.example' },
  })
  await expect(fetchManifest('https://models.example/resolve/v1/manifest.json')).rejects.toMatchObject({
    code: 'host-forbidden',
  })

  await expect(fetchAllowed('http://127.0.0.1:1/manifest.json', {})).rejects.toThrow(TypeError)
  await expect(fetchManifest('http://127.0.0.1:1/resolve/v1/manifest.json')).rejects.toMatchObject({
    code: 'download-failed',
  })

  // Another request that is forbidden at the same time is not taken for one's own.
  const both = await Promise.allSettled([
    fetchAllowed('https://other.example/file', {}),
    fetchAllowed('http://127.0.0.1:1/file', {}),
  ])
  expect(both).toMatchObject([{ reason: { code: 'host-forbidden' } }, { reason: { name: 'TypeError' } }])
})

test('a request that was called off ends with its own reason', async () => {
  const reason = new Error('enough')
  await expect(fetchAllowed('https://models.example/file', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('asking to keep what is stored never fails the page', async () => {
  await expect(keepStorage()).resolves.toBeUndefined()
})
