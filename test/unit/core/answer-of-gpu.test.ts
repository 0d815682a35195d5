import { expect, test } from 'vitest'
import { answerOfGpu } from '../../../src/core/answer-of-gpu.ts'

test('a GPU that never answers is told as that, with what to do', async () => {
  await expect(answerOfGpu(new Promise(() => undefined), 5)).rejects.toMatchObject({
    code: 'adapter-missing',
    message: expect.stringMatching(/has not answered.*start the browser anew/) as string,
  })
})

test('a GPU that answers, or refuses, is believed', async () => {
  expect(await answerOfGpu(Promise.resolve(7), 60_000)).toBe(7)
  const refusal = new Error('no')
  await expect(answerOfGpu(Promise.reject(refusal), 60_000)).rejects.toBe(refusal)
})
