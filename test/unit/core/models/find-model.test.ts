import { describe, expect, test } from 'vitest'
import { findModel } from '../../../../src/core/models/find-model.ts'
import { prebuiltModels, suppliedModels } from '../../../../src/core/models/model-list.ts'

const BASE = 'https://page.example/'

describe('a model is found', () => {
  test('by its id', async () => {
    for (const model of prebuiltModels) expect(await findModel(model.id, BASE)).toBe(model)
  })

  test('by its id and the address of the weights that the user brings', async () => {
    for (const model of suppliedModels) {
      expect(await findModel(`${model.id}@https://huggingface.co/someone/reflection`, BASE)).toEqual({
        ...model,
        origin: 'user',
        revision: 'main',
        folderUrl: 'https://huggingface.co/someone/reflection/resolve/main/',
      })
    }
  })
})

describe('a name that nothing has is refused with what would do', () => {
  const everyId = [...prebuiltModels, ...suppliedModels].map(({ id }) => id)
  test.each([
    ['Llama-4', everyId],
    ['Reflection-Llama-3.1-8B-q4f16_1', [...everyId, '<id>@<address of the folder>']],
    ['Llama-4@https://huggingface.co/someone/reflection', suppliedModels.map(({ id }) => id)],
    ['Reflection-Llama-3.1-8B-q4f16_1@someone/reflection', ['https://<server>/<path>/resolve/<revision>/']],
  ])('%s', async (name, hints) => {
    const found = findModel(name, BASE)
    await expect(found).rejects.toMatchObject({ code: 'request-invalid' })
    for (const hint of hints) await expect(found).rejects.toThrow(hint)
  })
})
