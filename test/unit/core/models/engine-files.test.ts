import { expect, test } from 'vitest'
import { downloadBytesFor, wholeFiles, withFilesFor } from '../../../../src/core/models/engine-files.ts'
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

test('a model is whole with all files of one engine; those that are wanted for another one do not count', () => {
  const at = (path: string) => new URL(path, model.folderUrl).href
  const whole = (described: typeof model, noted: readonly string[], ...here: readonly string[]) =>
    wholeFiles(described, noted.map(at), (address) => here.map(at).includes(address)).map((address) =>
      address.slice(model.folderUrl.length),
    )
  const forGpu = ['params_shard_0.bin', 'tokenizer.json', 'model.wasm']
  const forProcessor = ['tiny.gguf', 'tokenizer.json']
  const all = [...forGpu, 'tiny.gguf']
  expect(whole(model, all, ...forGpu)).toEqual(forGpu)
  expect(whole(model, all, ...forProcessor)).toEqual(forProcessor)
  expect(whole(model, all, ...all).toSorted()).toEqual(all.toSorted())
  for (const path of forProcessor) expect(whole(model, forProcessor, path)).toEqual([])
  expect(whole(model, all)).toEqual([])
  const { files: _, ...unlisted } = model // what a GPU takes of it, only its own index tells
  expect(whole(unlisted, all, ...forGpu)).toEqual(forGpu)
  expect(whole(unlisted, all, 'tiny.gguf')).toEqual(['tiny.gguf'])
  expect(whole(unlisted, ['tiny.gguf'])).toEqual([])
})
