import { describe, expect, test } from 'vitest'
import { listArtifacts } from '../../../worker/model-files.ts'
import { describeModel } from './support/descriptions.ts'
import { createMemoryArtifactStore } from './support/memory-artifact-store.ts'
import { serveFiles } from './support/serve-files.ts'

const CONFIG = '{"tokenizer_files": ["vocab.json", "tokenizer.json"]}'
const INDEX = '{"records": [{"dataPath": "params_0.bin", "nbytes": 30}, {"dataPath": "params_1.bin", "nbytes": 7}]}'

/** A model whose description lists no files, in a folder that a server has. */
async function setUp(content: Readonly<Record<string, string>>) {
  const files = new Map(Object.entries(content))
  const { folderUrl, requests } = await serveFiles(files)
  const model = describeModel({ folderUrl, libraryUrl: 'http://127.0.0.1/lib/model.wasm' })
  return { files, folderUrl, requests, model, store: createMemoryArtifactStore() }
}

describe('a model whose description lists its files', () => {
  const folderUrl = 'http://127.0.0.1:1/m/resolve/1/' // nothing listens there
  const files = [
    { path: 'mlc-chat-config.json', bytes: 1, sha256: 'ab' },
    { path: 'tensor-cache.json', bytes: 2 },
    { path: 'model.wasm', bytes: 3 },
  ]
  const listed = [
    { scope: 'webllm/config', address: `${folderUrl}mlc-chat-config.json`, bytes: 1, sha256: 'ab' },
    { scope: 'webllm/model', address: `${folderUrl}tensor-cache.json`, bytes: 2 },
    { scope: 'webllm/wasm', address: `${folderUrl}model.wasm`, bytes: 3 },
  ]

  test('has them where WebLLM looks for each, and asks no network', async () => {
    const model = describeModel({ folderUrl, files, libraryUrl: `${folderUrl}model.wasm` })
    expect(await listArtifacts(model, createMemoryArtifactStore())).toStrictEqual(listed)
  })

  test('has its library besides where that stands elsewhere', async () => {
    const libraryUrl = 'https://elsewhere.example/lib.wasm'
    const artifacts = await listArtifacts(describeModel({ folderUrl, files, libraryUrl }), createMemoryArtifactStore())
    expect(artifacts).toStrictEqual([...listed, { scope: 'webllm/wasm', address: libraryUrl }])
  })
})

describe('a model whose description lists no files', () => {
  test('has those that its folder tells of, which are stored and not asked for again', async () => {
    const { model, store, folderUrl, requests } = await setUp({
      'mlc-chat-config.json': CONFIG,
      'tensor-cache.json': INDEX,
    })
    const fetched: string[] = []
    const artifacts = await listArtifacts(model, store, ({ address }) => fetched.push(address))
    expect(artifacts).toStrictEqual([
      { scope: 'webllm/config', address: `${folderUrl}mlc-chat-config.json` },
      { scope: 'webllm/model', address: `${folderUrl}tensor-cache.json` },
      { scope: 'webllm/model', address: `${folderUrl}tokenizer.json` },
      { scope: 'webllm/wasm', address: 'http://127.0.0.1/lib/model.wasm' },
      { scope: 'webllm/model', address: `${folderUrl}params_0.bin`, bytes: 30 },
      { scope: 'webllm/model', address: `${folderUrl}params_1.bin`, bytes: 7 },
    ])
    expect(fetched).toEqual([`${folderUrl}mlc-chat-config.json`, `${folderUrl}tensor-cache.json`])
    expect(store.log).toEqual(['write webllm/config mlc-chat-config.json', 'write webllm/model tensor-cache.json'])
    expect(await listArtifacts(model, store, () => fetched.push('again'))).toStrictEqual(artifacts)
    expect(requests).toEqual(['mlc-chat-config.json', 'tensor-cache.json'])
    expect(fetched).toHaveLength(2)
  })

  test('has the older tokenizer where the folder names no other', async () => {
    const { model, store, folderUrl } = await setUp({
      'mlc-chat-config.json': '{"tokenizer_files": ["tokenizer.model"]}',
      'tensor-cache.json': INDEX,
    })
    expect((await listArtifacts(model, store))[2]?.address).toBe(`${folderUrl}tokenizer.model`)
  })

  test.each([
    ['mlc-chat-config.json', '{}'],
    ['mlc-chat-config.json', 'null'],
    ['tensor-cache.json', '{"records": {}}'],
  ])('is broken when its %s holds %s, and works when that has been put right', async (name, content) => {
    const right = { 'mlc-chat-config.json': CONFIG, 'tensor-cache.json': INDEX }
    const { model, store, files } = await setUp({ ...right, [name]: content })
    await expect(listArtifacts(model, store)).rejects.toMatchObject({ code: 'model-broken' })
    expect(store.log).toEqual([])
    for (const [file, text] of Object.entries(right)) files.set(file, text)
    expect(await listArtifacts(model, store)).toHaveLength(6)
  })

  test.each(['mlc-chat-config.json', 'tensor-cache.json'])(
    'is refused when its %s is no JSON, and works when that has been put right',
    async (name) => {
      const right = { 'mlc-chat-config.json': CONFIG, 'tensor-cache.json': INDEX }
      const { model, store, files, folderUrl } = await setUp({ ...right, [name]: 'Not found' })
      await expect(listArtifacts(model, store)).rejects.toMatchObject({
        code: 'download-corrupt',
        details: { file: folderUrl + name },
      })
      expect(store.log).toEqual([])
      files.set(name, right[name === 'tensor-cache.json' ? name : 'mlc-chat-config.json'])
      expect(await listArtifacts(model, store)).toHaveLength(6)
    },
  )

  test('cannot be told of when the folder has no such file', async () => {
    const { model, store, folderUrl } = await setUp({ 'mlc-chat-config.json': CONFIG })
    await expect(listArtifacts(model, store)).rejects.toMatchObject({
      code: 'download-failed',
      details: { file: `${folderUrl}tensor-cache.json` },
    })
  })
})
