import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { manifestProblems } from '../../../../src/core/models/manifest.ts'
import { parseManifest } from '../../../../src/core/models/parse-manifest.ts'
import { embeddedModel } from '../../../../src/core/models/model-list.ts'
import { createSchemaJudge } from './support/schema-judge.ts'

const root = new URL('../../../../', import.meta.url)
const schemaBreaks = createSchemaJudge(readJson('model/reflection_model/manifest.schema.json'))
const url = 'https://example.org/models/tiny/resolve/r1/manifest.json'

function readJson(path: string): any {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'))
}

function realManifest(): any {
  return readJson(`public/${embeddedModel.manifestPath}`)
}

function spoiled(spoil: (manifest: any) => void): any {
  const manifest = realManifest()
  spoil(manifest)
  return manifest
}

const pathsOf = (manifest: unknown) => [...new Set(manifestProblems(manifest).map(({ path }) => path))].toSorted()

function refusal(value: unknown, address = url): ReflectionError {
  try {
    parseManifest(value, address)
  } catch (error) {
    if (ReflectionError.is(error)) return error
    throw error
  }
  throw new Error('the manifest was accepted')
}

describe('the real manifest', () => {
  test('is right by the schema and by the parser', () => {
    expect(schemaBreaks(realManifest())).toEqual([])
    expect(manifestProblems(realManifest())).toEqual([])
  })

  test('becomes the description of its model', () => {
    const manifest = realManifest()
    const gguf = manifest.files.find((file: { role: string }) => file.role === 'gguf')
    const model = parseManifest(manifest, url)
    expect(model).toMatchObject({
      id: 'reflection-tiny',
      revision: manifest.revision,
      name: manifest.name,
      summary: manifest.description,
      origin: 'user',
      folderUrl: 'https://example.org/models/tiny/resolve/r1/',
      libraryUrl: `https://example.org/models/tiny/resolve/r1/${manifest.library}`,
      dialect: { thinking: 'thinking', reflection: 'reflection', output: 'output' },
      trainedToReflect: true,
      template: 'llama-3',
      contextWindow: manifest.context_window,
      downloadBytes: manifest.total_bytes - gguf.bytes,
      gguf: { path: gguf.path, bytes: gguf.bytes, sha256: gguf.sha256 },
      gpuMemoryBytes: manifest.gpu_memory.total_bytes,
      requiredFeatures: [],
      requiredLimits: manifest.requirements.webgpu_limits,
      license: 'Apache-2.0',
      sampling: { temperature: 0.3, topP: 0.95 },
      languages: ['en'],
    })
    const ofGpu = manifest.files.filter((file: unknown) => file !== gguf)
    expect(model.files?.map(({ path }) => path)).toEqual(ofGpu.map((file: { path: string }) => file.path))
    expect(model.files?.[0]).toEqual({
      path: manifest.files[0].path,
      bytes: manifest.files[0].bytes,
      sha256: manifest.files[0].sha256,
    })
    expect(model.tags).toContainEqual({ text: '<reflection>', tokenIds: [7] })
    expect(model.skills).toContainEqual({
      task: 'comparing decimals',
      examples: ['Which is larger, 9.9 or 9.11?', 'which one is bigger 0.8 or 0.75'],
    })
  })
})

/** Manifests that schema and parser refuse at the same places. */
const BREAKS: [string, (manifest: any) => void][] = [
  ['no schema_version', (m) => delete m.schema_version],
  ['a schema_version in text', (m) => (m.schema_version = '1')],
  ['an older schema_version', (m) => (m.schema_version = 0)],
  ['a newer schema_version', (m) => (m.schema_version = 2)],
  ['no id', (m) => delete m.id],
  ['an id with capitals', (m) => (m.id = 'Reflection')],
  ['an id that climbs', (m) => (m.id = '../tiny')],
  ['an empty revision', (m) => (m.revision = '')],
  ['a revision with a slash', (m) => (m.revision = 'a/b')],
  ['an empty name', (m) => (m.name = '')],
  ['no description', (m) => (m.description = null)],
  ['languages as text', (m) => (m.languages = 'en')],
  ['an empty language', (m) => (m.languages = ['en', ''])],
  ['a language twice', (m) => (m.languages = ['en', 'en'])],
  ['a licence as text', (m) => (m.license = 'MIT')],
  ['no SPDX identifier', (m) => delete m.license.spdx],
  ['an empty notice', (m) => (m.license.notices = [''])],
  ['no base_model', (m) => delete m.base_model],
  ['a base_model without a name', (m) => (m.base_model = { source: 'x' })],
  ['a base_model in text', (m) => (m.base_model = 'llama')],
  ['no architecture', (m) => delete m.architecture],
  ['another architecture', (m) => (m.architecture.model_type = 'qwen3')],
  ['no layers', (m) => (m.architecture.num_hidden_layers = 0)],
  ['half a head', (m) => (m.architecture.head_dim = 0.5)],
  ['a vocabulary in text', (m) => (m.architecture.vocab_size = '1024')],
  ['an epsilon of zero', (m) => (m.architecture.rms_norm_eps = 0)],
  ['tied embeddings as a number', (m) => (m.architecture.tie_word_embeddings = 1)],
  ['rope_scaling as a list', (m) => (m.architecture.rope_scaling = [])],
  ['an unknown scheme', (m) => (m.scheme = 'q4f16_1')],
  ['no parameters', (m) => (m.parameters = 0)],
  ['negative bits', (m) => (m.bits_per_weight = -4)],
  ['an unknown dialect', (m) => (m.dialect.name = 'think')],
  ['a dialect without tags', (m) => delete m.dialect.tags],
  ['a tag without tokens', (m) => (m.dialect.tags[0].token_ids = [])],
  ['a negative token', (m) => (m.dialect.tags[5].token_ids = [-1])],
  ['an empty tag', (m) => (m.dialect.tags[2].text = '')],
  ['an unknown template', (m) => (m.chat_template.style = 'mistral')],
  ['nothing that ends a reply', (m) => (m.chat_template.stop_token_ids = [])],
  ['an empty Jinja template', (m) => (m.chat_template.jinja = '')],
  ['a window of zero', (m) => (m.context_window = 0)],
  ['a window beside whole numbers', (m) => (m.context_window = 1024.5)],
  ['no prefill_chunk', (m) => delete m.prefill_chunk],
  ['an unknown feature', (m) => (m.requirements.webgpu_features = ['timestamp-query'])],
  ['a feature twice', (m) => (m.requirements.webgpu_features = ['shader-f16', 'shader-f16'])],
  ['a missing limit', (m) => delete m.requirements.webgpu_limits.maxBufferSize],
  ['a limit of zero', (m) => (m.requirements.webgpu_limits.maxStorageBufferBindingSize = 0)],
  ['another limit in text', (m) => (m.requirements.webgpu_limits.maxBindGroups = '4')],
  ['negative memory', (m) => (m.gpu_memory.kv_cache_bytes = -1)],
  ['a formula as a number', (m) => (m.gpu_memory.formulae.weights = 7)],
  ['a library that is a number', (m) => (m.library = 7)],
  ['no files', (m) => (m.files = [])],
  ['files as an object', (m) => (m.files = {})],
  ['a file that climbs', (m) => (m.files[0].path = '../params_shard_0.bin')],
  ['a file in a folder', (m) => (m.files[0].path = 'weights/params_shard_0.bin')],
  ['a file at an absolute path', (m) => (m.files[0].path = '/params_shard_0.bin')],
  ['a file of another origin', (m) => (m.files[0].path = 'https://evil.example/params_shard_0.bin')],
  ['a file of another origin, in short', (m) => (m.files[0].path = '//evil.example/params_shard_0.bin')],
  ['a file path with a backslash', (m) => (m.files[0].path = '..\\params_shard_0.bin')],
  ['a hidden file', (m) => (m.files[0].path = '.htaccess')],
  ['a negative size', (m) => (m.files[1].bytes = -5)],
  ['a short SHA-256', (m) => (m.files[1].sha256 = 'abc')],
  ['a SHA-256 in capitals', (m) => (m.files[1].sha256 = m.files[1].sha256.toUpperCase())],
  ['no SHA-256', (m) => delete m.files[2].sha256],
  ['an unknown role', (m) => (m.files[3].role = 'config')],
  ['a total in text', (m) => (m.total_bytes = '5')],
  ['a skill without examples', (m) => (m.good_at[0].examples = [])],
  ['a negative temperature', (m) => (m.sampling.temperature = -0.1)],
  ['top_p of zero', (m) => (m.sampling.top_p = 0)],
  ['top_p above one', (m) => (m.sampling.top_p = 1.1)],
  ['no reflection_calibration', (m) => delete m.reflection_calibration],
  ['a calibration without a step', (m) => (m.reflection_calibration = calibration({ more: undefined }))],
  ['a calibration out of range', (m) => (m.reflection_calibration = calibration({ never: -101 }))],
  ['a measurement without its date', (m) => delete m.quality[0].date],
  ['a measurement with a date in words', (m) => (m.quality[0].date = 'today')],
]

function calibration(changes: Record<string, number | undefined> = {}): any {
  const bias = { never: -100, less: -1.5, normal: 0, more: 2, ...changes }
  return { token: '<reflection>', token_id: 7, logit_bias: JSON.parse(JSON.stringify(bias)) }
}

describe('a broken manifest', () => {
  test.each(BREAKS)('is refused where the schema refuses it: %s', (_, spoil) => {
    const manifest = spoiled(spoil)
    const breaks = schemaBreaks(manifest)
    expect(breaks.length).toBeGreaterThan(0)
    expect(pathsOf(manifest)).toEqual(breaks)
  })

  // The schema describes one document; what must fit together in it is ours to check.
  test.each<[string, string, (manifest: any) => void]>([
    ['a tag of another dialect', 'dialect.tags[0].text', (m) => (m.dialect.tags[0].text = '<think>')],
    ['a tag twice', 'dialect.tags[1].text', (m) => (m.dialect.tags[1].text = '<thinking>')],
    [
      'tags in the dialect "plain"',
      'dialect.tags[0].text',
      (m) => Object.assign(m, { dialect: { name: 'plain', tags: [m.dialect.tags[0]] }, reflection_calibration: null }),
    ],
    ['a file twice', 'files[6].path', (m) => (m.files.push(m.files[0]), (m.total_bytes += m.files[0].bytes))],
    ['no tokenizer', 'files', (m) => without(m, 'tokenizer.json')],
    ['no weights', 'files', (m) => without(m, 'params_shard_0.bin')],
    ['no index of the weights', 'files', (m) => without(m, 'tensor-cache.json')],
    ['no chat configuration', 'files', (m) => without(m, 'mlc-chat-config.json')],
    ['a tokenizer in the wrong role', 'files', (m) => (m.files[1].role = 'weights')],
    ['no library', 'library', (m) => (m.library = null)],
    ['a library that is not among the files', 'library', (m) => (m.library = 'other.wasm')],
    ['a library elsewhere', 'library', (m) => (m.library = 'https://evil.example/other.wasm')],
    ['a library in the wrong role', 'library', (m) => (m.library = 'tokenizer.json')],
    [
      'two files for the processor',
      'files',
      (m) => (m.files.push({ ...m.files[0], path: 'b.gguf', role: 'gguf' }), (m.total_bytes += m.files[0].bytes)),
    ],
    ['a total that is not the sum', 'total_bytes', (m) => (m.total_bytes += 1)],
    ['memory that is not the sum', 'gpu_memory.total_bytes', (m) => (m.gpu_memory.total_bytes = 1)],
    ['a temperature that no engine takes', 'sampling.temperature', (m) => (m.sampling.temperature = 2.5)],
    [
      'a calibration of another token',
      'reflection_calibration.token',
      (m) => (m.reflection_calibration = { ...calibration(), token: '<thinking>' }),
    ],
    [
      'a calibration of another id',
      'reflection_calibration.token_id',
      (m) => (m.reflection_calibration = { ...calibration(), token_id: 8 }),
    ],
  ])('is refused for what does not fit together: %s', (_, path, spoil) => {
    const manifest = spoiled(spoil)
    expect(schemaBreaks(manifest)).toEqual([])
    expect(pathsOf(manifest)).toEqual([path])
  })

  test.each([undefined, null, [], 'text', 7])('is refused when it is no manifest at all: %j', (value) => {
    expect(refusal(value).code).toBe('manifest-invalid')
  })

  test('is told all that is wrong with it: the field, what it is and what it must be', () => {
    const error = refusal(
      spoiled((manifest) => {
        manifest.files[2].sha256 = 'abc'
        manifest.sampling.top_p = 2
        delete manifest.name
      }),
    )
    expect(error.code).toBe('manifest-invalid')
    expect(error.details).toMatchObject({ problems: 3, manifestUrl: url, field: 'name' })
    expect(error.message).toContain(url)
    expect(error.message).toContain('name is nothing, but must be a text that is not empty.')
    expect(error.message).toContain(
      'files[2].sha256 is "abc", but must be a SHA-256 of 64 lower-case hexadecimal digits.',
    )
    expect(error.message).toContain('sampling.top_p is 2, but must be a number above 0 and at most 1.')
  })

  test('of a newer version is not judged by the rules of this one', () => {
    const [problem, ...others] = manifestProblems({ schema_version: 2 })
    expect(problem?.path).toBe('schema_version')
    expect(problem?.needed).toContain('updated')
    expect(others).toEqual([])
  })
})

function without(manifest: any, path: string): void {
  const gone = manifest.files.find((file: { path: string }) => file.path === path)
  manifest.files = manifest.files.filter((file: unknown) => file !== gone)
  manifest.total_bytes -= gone.bytes
}

describe('what a manifest may do', () => {
  test('it may say more than we know, which the schema refuses', () => {
    const manifest = spoiled((more) => {
      more.homepage = 'https://example.org'
      more.files[0].md5 = 'x'
      more.license.url = 'https://example.org/licence'
    })
    expect(schemaBreaks(manifest)).toEqual(['files[0].md5', 'homepage', 'license.url'])
    expect(parseManifest(manifest, url)).toEqual(parseManifest(realManifest(), url))
  })

  test('its calibration becomes the bias of the self-check dial', () => {
    const model = parseManifest(
      spoiled((m) => (m.reflection_calibration = calibration())),
      url,
    )
    expect(model.selfCheckBias).toEqual({ never: -100, less: -1.5, normal: 0, more: 2 })
    expect(
      parseManifest(
        spoiled((m) => (m.reflection_calibration = null)),
        url,
      ),
    ).not.toHaveProperty('selfCheckBias')
  })

  test('a model of the dialect "plain" is asked for the tags by its prompt', () => {
    const model = parseManifest(
      spoiled((m) => Object.assign(m, { dialect: { name: 'plain', tags: [] }, reflection_calibration: null })),
      url,
    )
    expect(model).toMatchObject({ trainedToReflect: false, tags: [], dialect: { thinking: 'thinking' } })
  })

  test('it may come with the page', () => {
    expect(parseManifest(realManifest(), url, 'embedded').origin).toBe('embedded')
  })
})

describe('the address of a manifest', () => {
  test.each([
    'http://127.0.0.1:4173/models/tiny/resolve/v1/manifest.json',
    'https://huggingface.co/someone/model/resolve/main/manifest.json?download=true',
    'https://example.org/resolve/r1/manifest.json',
  ])('may be %s', (address) => {
    expect(parseManifest(realManifest(), address).folderUrl).toMatch(/\/resolve\/[^/]+\/$/)
  })

  test.each([
    'https://example.org/models/tiny/manifest.json',
    'https://example.org/models/tiny/resolve/manifest.json',
    'https://example.org/models/tiny/resolve/r1/deeper/manifest.json',
    'https://example.org/manifest.json?/resolve/r1/',
    'models/tiny/resolve/r1/manifest.json',
    'file:///models/tiny/resolve/r1/manifest.json',
    'javascript:/resolve/r1/x',
    '',
  ])('cannot be %j, which the message says', (address) => {
    const error = refusal(realManifest(), address)
    expect(error.code).toBe('manifest-invalid')
    expect(error.message).toContain('/resolve/<revision>/')
  })
})
