import { describe, expect, test } from 'vitest'
import { listFiles } from '../../../../worker/weights/model-files.ts'
import { describeModel } from '../support/descriptions.ts'

const CONFIG = '{"tokenizer_files": ["vocab.json", "tokenizer.json"]}'
const INDEX = '{"records": [{"dataPath": "params_0.bin", "nbytes": 30}, {"dataPath": "params_1.bin", "nbytes": 7}]}'
const FOLDER = 'http://127.0.0.1:1/m/resolve/1/' // nothing listens there

/** What the small files of a folder say. */
const readFrom =
  (content: Readonly<Record<string, string>>, asked: string[] = []) =>
  async (address: string) => {
    asked.push(address)
    const text = content[address.slice(FOLDER.length)]
    return text === undefined ? undefined : new TextEncoder().encode(text).buffer
  }

const unlisted = describeModel({ folderUrl: FOLDER, libraryUrl: 'http://127.0.0.1/lib/model.wasm' })

describe('a model whose description lists its files', () => {
  const files = [
    { path: 'mlc-chat-config.json', bytes: 1, sha256: 'ab' },
    { path: 'tensor-cache.json', bytes: 2 },
    { path: 'model.wasm', bytes: 3 },
  ]
  const listed = [
    { address: `${FOLDER}mlc-chat-config.json`, bytes: 1, sha256: 'ab' },
    { address: `${FOLDER}tensor-cache.json`, bytes: 2 },
    { address: `${FOLDER}model.wasm`, bytes: 3 },
  ]

  test('has them, and nothing is read for that', async () => {
    const model = describeModel({ folderUrl: FOLDER, files, libraryUrl: `${FOLDER}model.wasm` })
    const asked: string[] = []
    expect(await listFiles(model, readFrom({}, asked))).toStrictEqual(listed)
    expect(asked).toEqual([])
  })

  test('has its library besides where that stands elsewhere', async () => {
    const libraryUrl = 'https://elsewhere.example/lib.wasm'
    const found = await listFiles(describeModel({ folderUrl: FOLDER, files, libraryUrl }), readFrom({}))
    expect(found).toStrictEqual([...listed, { address: libraryUrl }])
  })
})

describe('a model whose description lists no files', () => {
  test('has those that its folder tells of', async () => {
    const asked: string[] = []
    const content = { 'mlc-chat-config.json': CONFIG, 'tensor-cache.json': INDEX }
    expect(await listFiles(unlisted, readFrom(content, asked))).toStrictEqual([
      { address: `${FOLDER}mlc-chat-config.json` },
      { address: `${FOLDER}tensor-cache.json` },
      { address: `${FOLDER}tokenizer.json` },
      { address: 'http://127.0.0.1/lib/model.wasm' },
      { address: `${FOLDER}params_0.bin`, bytes: 30 },
      { address: `${FOLDER}params_1.bin`, bytes: 7 },
    ])
    expect(asked).toEqual([`${FOLDER}mlc-chat-config.json`, `${FOLDER}tensor-cache.json`])
  })

  test('has the older tokenizer where the folder names no other', async () => {
    const content = { 'mlc-chat-config.json': '{"tokenizer_files": ["tokenizer.model"]}', 'tensor-cache.json': INDEX }
    expect((await listFiles(unlisted, readFrom(content)))?.[2]?.address).toBe(`${FOLDER}tokenizer.model`)
  })

  test.each([
    ['mlc-chat-config.json', '{}'],
    ['mlc-chat-config.json', 'null'],
    ['tensor-cache.json', '{"records": {}}'],
    ['tensor-cache.json', '{"records": [null]}'],
    ['tensor-cache.json', '{"records": [{"dataPath": "a", "nbytes": -1}]}'],
    ['tensor-cache.json', '{"records": [{"dataPath": 7, "nbytes": 1}]}'],
  ])('is broken when its %s holds %s', async (name, text) => {
    const content = { 'mlc-chat-config.json': CONFIG, 'tensor-cache.json': INDEX, [name]: text }
    await expect(listFiles(unlisted, readFrom(content))).rejects.toMatchObject({ code: 'model-broken' })
  })

  test.each(['mlc-chat-config.json', 'tensor-cache.json'])('is refused when its %s is no JSON', async (name) => {
    const content = { 'mlc-chat-config.json': CONFIG, 'tensor-cache.json': INDEX, [name]: 'Not found' }
    await expect(listFiles(unlisted, readFrom(content))).rejects.toMatchObject({
      code: 'download-corrupt',
      details: { file: FOLDER + name },
    })
  })

  test('is unknown where one of those is not there', async () => {
    expect(await listFiles(unlisted, readFrom({}))).toBeUndefined()
    expect(await listFiles(unlisted, readFrom({ 'mlc-chat-config.json': CONFIG }))).toBeUndefined()
  })
})
