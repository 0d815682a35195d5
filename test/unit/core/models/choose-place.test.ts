import { expect, test } from 'vitest'
import { describeRemoteModel } from '../../../../src/adapters/remote/describe-remote-model.ts'
import { choosePlace } from '../../../../src/core/models/choose-place.ts'
import { prebuiltModels } from '../../../../src/core/models/model-list.ts'
import { desktop } from './support/devices.ts'

const NO_GPU = { ...desktop, webgpu: 'missing' } as const

test('a model on a server runs there and fits, whatever this device has and the user has chosen for it', () => {
  const model = describeRemoteModel({ address: 'http://127.0.0.1:8000/v1', model: 'Reflection-70B' })
  for (const choice of ['auto', 'gpu', 'processor'] as const) {
    expect(choosePlace(model, NO_GPU, choice)).toEqual({
      engine: 'server',
      why: 'server',
      fit: { verdict: 'fits', reasons: [] },
    })
  }
})

test('any other model runs on this device, if anywhere', () => {
  expect(choosePlace(prebuiltModels[0]!, NO_GPU, 'auto')).toMatchObject({ fit: { verdict: 'does-not-fit' } })
})
