import { prebuiltAppConfig } from '@mlc-ai/web-llm'
import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { describeSuppliedModel } from '../../../../src/core/models/describe-supplied-model.ts'
import { prebuiltModels, suppliedModels, type SuppliedModel } from '../../../../src/core/models/model-list.ts'

const records = new Map(prebuiltAppConfig.model_list.map((record) => [record.model_id, record]))

describe('prebuilt models', () => {
  test.each(prebuiltModels.map((model) => [model.id, model] as const))('%s is what WebLLM ships', (id, model) => {
    const record = records.get(id)
    expect({
      folder: model.folderUrl,
      library: model.libraryUrl,
      context: model.contextWindow,
      memory: model.gpuMemoryBytes,
    }).toEqual({
      folder: `${record?.model}/resolve/main/`,
      library: record?.model_lib,
      context: record?.overrides?.context_window_size,
      memory: Math.round((record?.vram_required_MB ?? 0) * 2 ** 20),
    })
    expect(model.requiredFeatures).toEqual(expect.arrayContaining(record?.required_features ?? []))
  })

  test('leave out no scheme of four bits that WebLLM has for one of them', () => {
    const names = new Set(prebuiltModels.map(({ id }) => id.replace(/-q\df\d\d_1-MLC$/, '')))
    const wanted = [...records.keys()].filter((id) => names.has(id.replace(/-q4f\d\d_1-MLC$/, '')))
    expect(prebuiltModels.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted))
    expect(wanted.length).toBeGreaterThanOrEqual(18)
  })

  test('download less than they need on the GPU', () => {
    expect(prebuiltModels.filter((model) => model.downloadBytes >= model.gpuMemoryBytes)).toEqual([])
  })

  // As people who downloaded them report, in gigabytes.
  test.each([
    ['Llama-3.2-1B-Instruct-q4f16_1-MLC', 0.7],
    ['Qwen3-4B-q4f16_1-MLC', 2.27],
    ['Llama-3.1-8B-Instruct-q4f16_1-MLC', 4.52],
  ])('%s downloads about %d GB', (id, gigabytes) => {
    const model = prebuiltModels.find((candidate) => candidate.id === id)
    expect((model?.downloadBytes ?? 0) / 1e9 / gigabytes).toBeCloseTo(1, 1)
  })

  test('compute in 16 bits exactly when they ask for the feature', () => {
    const models = [...prebuiltModels, ...suppliedModels]
    expect(models.filter((model) => model.requiredFeatures.includes('shader-f16'))).toEqual(
      models.filter((model) => model.id.includes('f16')),
    )
  })

  test('know the tokens of each tag of the dialect `think`', () => {
    const thinking = prebuiltModels.filter(({ dialect }) => dialect.thinking === 'think')
    expect(thinking).toHaveLength(12)
    for (const model of thinking) {
      expect(model).toMatchObject({ tags: [{ text: '<think>' }, { text: '</think>' }], trainedToReflect: true })
    }
  })

  test('that answer in the dialect `reflection` were not trained to', () => {
    const prompted = prebuiltModels.filter(({ dialect }) => dialect.thinking === 'thinking')
    expect(prompted).toHaveLength(7)
    for (const model of prompted)
      expect(model).toMatchObject({ trainedToReflect: false, template: 'llama-3', tags: [] })
  })

  test('have ids and addresses of their own', () => {
    const ids = [...prebuiltModels, ...suppliedModels].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(prebuiltModels.map(({ folderUrl }) => folderUrl)).size).toBe(prebuiltModels.length)
  })

  test('are data: they survive a copy to another thread', () => {
    expect(structuredClone(prebuiltModels)).toEqual(prebuiltModels)
  })
})

describe('models with weights of the user', () => {
  test('use libraries that WebLLM ships', () => {
    const libraries = new Set(prebuiltAppConfig.model_list.map((record) => record.model_lib))
    expect(suppliedModels).toHaveLength(3)
    for (const { libraryUrl } of suppliedModels) expect(libraries).toContain(libraryUrl)
  })

  test('were trained to reflect and are sampled as their card says', () => {
    for (const model of suppliedModels) {
      expect(model).toMatchObject({
        trainedToReflect: true,
        dialect: { reflection: 'reflection' },
        sampling: { temperature: 0.7, topP: 0.95 },
      })
    }
  })

  const model = suppliedModels[0] as SuppliedModel

  test.each([
    ['https://huggingface.co/someone/reflection', 'https://huggingface.co/someone/reflection/resolve/main/', 'main'],
    ['https://huggingface.co/someone/reflection/', 'https://huggingface.co/someone/reflection/resolve/main/', 'main'],
    ['https://huggingface.co/a/b/resolve/0f3c/', 'https://huggingface.co/a/b/resolve/0f3c/', '0f3c'],
    ['http://127.0.0.1:8000/models/r/resolve/v2', 'http://127.0.0.1:8000/models/r/resolve/v2/', 'v2'],
  ])('are completed by the address of a folder: %s', (address, folderUrl, revision) => {
    expect(describeSuppliedModel(model, address)).toEqual({ ...model, origin: 'user', folderUrl, revision })
  })

  test.each(['', 'models/r', 'https://example.org/r', 'file:///r/resolve/v1/', 'https://example.org/x?/resolve/v1/'])(
    'are refused at %j, with an address that would do',
    (address) => {
      const attempt = () => describeSuppliedModel(model, address)
      expect(attempt).toThrow(ReflectionError)
      expect(attempt).toThrow(/resolve\/<revision>\//)
    },
  )
})
