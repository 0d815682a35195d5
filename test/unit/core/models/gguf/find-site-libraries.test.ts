import { afterEach, describe, expect, test, vi } from 'vitest'
import { describeImported } from '../../../../../src/core/models/gguf/describe-imported.ts'
import { findGguf, type FoundFiles } from '../../../../../src/core/models/gguf/find-gguf.ts'
import type { FoundFile } from '../../../../../src/core/models/gguf/describe-imported.ts'
import { findSiteLibraries, suitableLibraries } from '../../../../../src/core/models/gguf/find-site-libraries.ts'
import { parseSiteLibraries } from '../../../../../src/core/models/gguf/parse-site-libraries.ts'
import { buildGguf } from './support/build-gguf.ts'

const BASE = 'https://page.example/chat/'
const LIST = `${BASE}models/libraries/libraries.json`
const FILE = 'https://models.example/m.gguf'
const SHAPE = {
  layers: 1,
  hiddenSize: 64,
  feedForwardSize: 96,
  heads: 2,
  keyValueHeads: 1,
  headSize: 32,
  vocabulary: 3,
  isTied: true,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  ropeFactor: 1,
}
const entry = (file: string, changes: object = {}) => ({
  file,
  bytes: 7,
  sha256: 'a'.repeat(64),
  shape: SHAPE,
  float: 'float32',
  contextWindow: 4096,
  requiredFeatures: [],
  ...changes,
})
const HALF = { float: 'float16', requiredFeatures: ['shader-f16'] }
const SUBGROUPS = { requiredFeatures: ['subgroups'], subgroupSize: 32 }
const ALL = {
  schema: 1,
  libraries: [entry('plain.wasm'), entry('half.wasm', HALF), entry('subgroups.wasm', SUBGROUPS)],
}

afterEach(() => vi.restoreAllMocks())

function site(answer: () => Response) {
  return async (url: string) => (url === LIST ? answer() : new Response(modelFile()))
}

function modelFile(): Uint8Array<ArrayBuffer> {
  return buildGguf({
    metadata: [
      ['general.architecture', ['text', 'llama']],
      ['llama.block_count', ['u32', 1]],
      ['llama.embedding_length', ['u32', 64]],
      ['llama.feed_forward_length', ['u32', 96]],
      ['llama.attention.head_count', ['u32', 2]],
      ['llama.attention.head_count_kv', ['u32', 1]],
      ['llama.attention.layer_norm_rms_epsilon', ['f32', 1e-5]],
    ],
    tensors: [{ name: 'token_embd.weight', shape: [64, 3], type: 2, data: new Uint8Array((64 / 32) * 18 * 3) }],
  })
}

describe('the libraries of a site', () => {
  test('are those that the GPU can use, the lightest first', () => {
    const libraries = parseSiteLibraries(ALL, LIST)
    const names = (features: string[], subgroupSize?: number) =>
      suitableLibraries(libraries, { features: new Set(features), ...(subgroupSize && { subgroupSize }) }).map(
        ({ url }) => url.slice(url.lastIndexOf('/') + 1),
      )
    expect(names([])).toEqual(['plain.wasm'])
    expect(names(['shader-f16', 'subgroups'], 32)).toEqual(['half.wasm', 'subgroups.wasm', 'plain.wasm'])
    expect(names(['subgroups'], 16)).toEqual(['plain.wasm'])
    expect(names(['subgroups'])).toEqual(['plain.wasm'])
  })

  test.each([
    ['another schema', { ...ALL, schema: 2 }],
    ['a file elsewhere', { schema: 1, libraries: [entry('../../other/x.wasm')] }],
    ['a shape without heads', { schema: 1, libraries: [entry('x.wasm', { shape: { ...SHAPE, heads: 0 } })] }],
    ['no list', []],
  ])('are refused as a whole when their list is wrong: %s', async (_, list) => {
    expect(() => parseSiteLibraries(list, LIST)).toThrow(/forge libraries/)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    expect(await findSiteLibraries(BASE, { fetch: site(() => Response.json(list)) })).toEqual([])
    expect(warn).toHaveBeenCalledOnce()
  })

  test('are none where the site has no list, and unknown where it cannot be reached', async () => {
    expect(await findSiteLibraries(BASE, { fetch: site(() => new Response('', { status: 404 })) })).toEqual([])
    expect(
      await findSiteLibraries(BASE, { fetch: async () => Promise.reject(new TypeError('offline')) }),
    ).toBeUndefined()
  })
})

describe('a GGUF file of a shape for which the site has a library', () => {
  test('runs on the GPU, and still knows it when the site cannot be reached', async () => {
    const kept = new Map<string, FoundFile>()
    const found: FoundFiles = {
      get: async (address) => kept.get(address),
      put: async (file) => void kept.set(file.address, file),
    }
    const model = await findGguf(FILE, BASE, { found, fetch: site(() => Response.json(ALL)) })
    expect(model.libraryUrl).toBe(`${BASE}models/libraries/plain.wasm`)
    expect(model.imported?.repack).toEqual({
      shape: SHAPE,
      layout: { zero: 8, float: 'float32' },
      library: { bytes: 7, sha256: 'a'.repeat(64) },
    })
    const offline = async () => Promise.reject(new TypeError('offline'))
    expect(await findGguf(FILE, BASE, { found, fetch: offline })).toEqual(model)
    const without = await findGguf(FILE, BASE, { found, fetch: site(() => new Response('', { status: 404 })) })
    expect(without.imported?.repack).toBeUndefined()
    expect(kept.get(FILE)?.siteLibrary).toBeUndefined()
    const known = kept.get(FILE)
    expect(known && describeImported(known, BASE)).toEqual(without)
  })
})
