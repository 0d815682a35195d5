import { describe, expect, test } from 'vitest'
import { suppliedModels } from '../../../../src/core/models/model-list.ts'
import { findSuppliedModel, nameSuppliedModel, splitSuppliedName } from '../../../../src/core/models/supplied-name.ts'

const FOLDER = 'https://huggingface.co/someone/reflection/resolve/main/'

describe('a name of a model and of the folder of its weights', () => {
  test.each(suppliedModels.map((model) => [model.id, model] as const))('finds %s there', (id, model) => {
    const found = { ...model, origin: 'user', revision: 'main', folderUrl: FOLDER } as const
    expect(findSuppliedModel(`${id}@https://huggingface.co/someone/reflection`)).toEqual(found)
    const name = nameSuppliedModel(found)
    expect(name).toBe(`${id}@${FOLDER}`)
    expect(findSuppliedModel(name)).toEqual(found)
  })

  test('names the known ids when its own is not one of them', () => {
    const attempt = () => findSuppliedModel(`Llama-4@${FOLDER}`)
    expect(attempt).toThrow(expect.objectContaining({ code: 'request-invalid', details: { id: 'Llama-4' } }))
    for (const { id } of suppliedModels) expect(attempt).toThrow(id)
  })

  test('is refused when its address is not one of a folder', () => {
    const attempt = () => findSuppliedModel('Reflection-Llama-3.1-8B-q4f16_1@https://example.org/r')
    expect(attempt).toThrow(expect.objectContaining({ code: 'request-invalid' }))
    expect(attempt).toThrow('https://example.org/r is no address of a model')
  })

  test.each([
    'reflection-tiny',
    'https://user@models.example/r/resolve/v1/manifest.json',
    'https://models.example/@someone/resolve/v1/manifest.json',
    '',
  ])('is not %j', (name) => {
    expect(splitSuppliedName(name)).toBeUndefined()
    expect(findSuppliedModel(name)).toBeUndefined()
  })
})
