import { describe, expect, test } from 'vitest'
import { checkModelFolder } from '../../../../src/core/models/check-model-folder.ts'
import { describeSuppliedModel } from '../../../../src/core/models/describe-supplied-model.ts'
import { suppliedModels, type SuppliedModel } from '../../../../src/core/models/model-list.ts'
import { serveFiles } from '../../worker/support/serve-files.ts'

async function check(model: SuppliedModel, config: string | undefined): Promise<void> {
  const { folderUrl } = await serveFiles(new Map(config === undefined ? [] : [['mlc-chat-config.json', config]]))
  await checkModelFolder(describeSuppliedModel(model, folderUrl))
}

const llama = suppliedModels[0] as SuppliedModel

describe('a folder', () => {
  test.each(suppliedModels.map((model) => [model.id, model] as const))(
    'of %s passes with its scheme only',
    async (id, model) => {
      const config = (quantization: string) => JSON.stringify({ quantization, tokenizer_files: ['tokenizer.json'] })
      await check(model, config(id.split('-').at(-1) ?? ''))
      const other = check(model, config('q0f32'))
      await expect(other).rejects.toMatchObject({ code: 'model-broken' })
      await expect(other).rejects.toThrow('its quantization is "q0f32"')
    },
  )

  test.each(['<!doctype html>', '[]', 'null', '{}', '{"tokenizer_files":"tokenizer.json"}'])(
    'that answers %s is not one of a model',
    async (config) => {
      await expect(check(llama, config)).rejects.toMatchObject({ code: 'model-broken' })
    },
  )

  test('without the file is told with the status of the server', async () => {
    await expect(check(llama, undefined)).rejects.toMatchObject({ code: 'download-failed', details: { status: 404 } })
  })

  test('of a server that does not answer is told without one', async () => {
    const unreachable = checkModelFolder(describeSuppliedModel(llama, 'http://127.0.0.1:1/r/resolve/v1/'))
    await expect(unreachable).rejects.toMatchObject({ code: 'download-failed' })
    await expect(unreachable).rejects.not.toHaveProperty('details.status')
  })
})
