import { expect, test } from 'vitest'
import { downloadBytesFor, withFilesFor } from '../../../../src/core/models/engine-files.ts'
import { describeModel } from '../../worker/support/descriptions.ts'

const files = [
  { path: 'params_shard_0.bin', bytes: 100 },
  { path: 'tokenizer.json', bytes: 10 },
]
const gguf = { path: 'tiny.gguf', bytes: 90 }
const model = describeModel({ files, gguf, downloadBytes: 110 })
const pathsOf = (...parameters: Parameters<typeof withFilesFor>) =>
  withFilesFor(...parameters).files?.map(({ path }) => path)

test('each engine takes its own files, and no others', () => {
  expect(pathsOf(model, 'gpu')).toEqual(['params_shard_0.bin', 'tokenizer.json'])
  expect(pathsOf(model, 'processor')).toEqual(['tiny.gguf', 'tokenizer.json'])
  expect(pathsOf(model)).toEqual(['params_shard_0.bin', 'tokenizer.json', 'tiny.gguf'])
  expect(withFilesFor(model, 'processor').libraryUrl).toBe(new URL('tiny.gguf', model.folderUrl).href)
  expect([downloadBytesFor(model, 'gpu'), downloadBytesFor(model, 'processor')]).toEqual([110, 100])
})

test('a model without a file for the processor is as it was', () => {
  const { gguf: _, ...without } = model
  expect(withFilesFor(without, 'processor')).toBe(without)
  expect(withFilesFor(without)).toBe(without)
})
