import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fetchManifest } from '../../../../src/core/models/fetch-manifest.ts'
import { embeddedModel } from '../../../../src/core/models/model-list.ts'

const url = 'https://example.org/tiny/resolve/r1/manifest.json'
const text = readFileSync(new URL(`../../../../public/${embeddedModel.manifestPath}`, import.meta.url), 'utf8')

const answering = (body: string, status = 200) => {
  return async () => new Response(body, { status })
}

describe('fetching a manifest', () => {
  test('asks for the address it was given and describes the model beside it', async () => {
    const asked: string[] = []
    const model = await fetchManifest(url, {
      fetch: async (address) => {
        asked.push(address)
        return new Response(text)
      },
    })
    expect(asked).toEqual([url])
    expect(model).toMatchObject({
      id: 'reflection-tiny',
      folderUrl: 'https://example.org/tiny/resolve/r1/',
      origin: 'user',
    })
  })

  test('says who brings the model', async () => {
    expect(await fetchManifest(url, { fetch: answering(text), origin: 'embedded' })).toMatchObject({
      origin: 'embedded',
    })
  })

  test('fails with the status when the server refuses', async () => {
    await expect(fetchManifest(url, { fetch: answering('not found', 404) })).rejects.toMatchObject({
      code: 'download-failed',
      details: { status: 404, url },
      message: expect.stringContaining('404'),
    })
  })

  test('fails with the cause when nothing answers', async () => {
    const cause = new TypeError('Failed to fetch')
    const failing = async () => {
      throw cause
    }
    await expect(fetchManifest(url, { fetch: failing })).rejects.toMatchObject({ code: 'download-failed', cause })
  })

  test('fails when the answer breaks off', async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError('reset')) })
    await expect(fetchManifest(url, { fetch: async () => new Response(broken) })).rejects.toMatchObject({
      code: 'download-failed',
    })
  })

  test('does not read what is far too large to its end', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1
        controller.enqueue(new Uint8Array(1_000_000).fill(32))
      },
    })
    await expect(fetchManifest(url, { fetch: async () => new Response(endless) })).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('does not describe a model'),
    })
    expect(sent).toBeLessThan(30)
  })

  test.each([
    ['deeply nested', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
    [
      'deeply nested inside',
      text.replace('"languages": [', `"languages": ${'['.repeat(100_000)}${']'.repeat(100_000)}, "x": [`),
    ],
    [
      'with a prototype',
      text
        .replace('{', '{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}, ')
        .replace('"files"', '"filez"'),
    ],
  ])('refuses a manifest that is hostile, and changes no prototype: %s', async (_, hostile) => {
    await expect(fetchManifest(url, { fetch: answering(hostile) })).rejects.toMatchObject({ code: 'manifest-invalid' })
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  test('calls a web page no manifest', async () => {
    await expect(fetchManifest(url, { fetch: answering('<!doctype html>') })).rejects.toMatchObject({
      code: 'manifest-invalid',
      message: expect.stringContaining('web page'),
    })
  })

  test('passes on what is wrong with a manifest', async () => {
    await expect(fetchManifest(url, { fetch: answering('{}') })).rejects.toMatchObject({ code: 'manifest-invalid' })
  })

  test('rejects with the reason of the signal when it is aborted', async () => {
    const control = new AbortController()
    const reason = new Error('enough')
    const hanging = (_: string, { signal }: { signal?: AbortSignal }) =>
      new Promise<Response>((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const pending = fetchManifest(url, { fetch: hanging, signal: control.signal })
    control.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })
})
