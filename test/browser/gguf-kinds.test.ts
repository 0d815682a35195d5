import { beforeAll, expect, test } from 'vitest'
import { createEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { openLlamaCpp } from '../../worker/llama-cpp-engine.ts'
import { TENSOR_TYPES } from '../../src/core/models/gguf/tensor-types.ts'
import { pathOfPart, startLlamaCpp } from '../../worker/llama-cpp/program.ts'
import { buildGguf } from '../unit/core/models/gguf/support/build-gguf.ts'
import { HOSTILE_TEXTS, withSentencePiece } from '../unit/core/models/gguf/support/sentence-piece-file.ts'
import { splitGguf } from '../unit/core/models/gguf/support/split-gguf.ts'
import { user } from './support/ask-engine.ts'
import { describeTiny } from './support/tiny.ts'

// GGUF files of every kind that people have, made from the embedded model's own.
let model: ModelDescription
let weights: ArrayBuffer
let tokenizer: ArrayBuffer

beforeAll(async () => {
  model = await describeTiny()
  const fetched = async (path: string) => (await fetch(new URL(path, model.folderUrl))).arrayBuffer()
  weights = await fetched(model.gguf?.path ?? '')
  tokenizer = await fetched('tokenizer.json')
})

test('a file in three parts writes what the whole one writes, and tells the same likelihoods', async () => {
  // In this thread, as the worker does it in its own.
  const options = { threads: 1, onProgress: () => undefined }
  const readWhole = async (address: string) => (address.endsWith('.gguf') ? weights : tokenizer)
  const whole = await openLlamaCpp(model, { read: readWhole, ...options })
  const ids = whole.vocabulary.encode('What is 12 * 11? Twelve times eleven.')
  const seen: Float32Array[] = []
  const sampling = { temperature: 0, topP: 1, onLogits: (logits: Float32Array) => void seen.push(logits) }
  const drawn = await whole.next(ids, sampling)
  await whole.dispose()
  const parts = splitGguf(new Uint8Array(weights), 3).map((content, index) => ({
    content,
    file: { path: `part-${index}.gguf`, bytes: content.length },
  }))
  const read = async (address: string) =>
    parts.find(({ file }) => address.endsWith(file.path))?.content.slice().buffer ?? tokenizer
  const [first, ...others] = parts.map(({ file }) => file)
  const split = await openLlamaCpp({ ...model, ...(first && { gguf: first }), moreGguf: others }, { read, ...options })
  expect(await split.next(ids, sampling)).toBe(drawn)
  expect(seen[1]).toEqual(seen[0])
  expect(seen[0]?.length).toBe(1024)
  expect(seen[0]?.reduce((sum, logit) => sum + Math.exp(logit), 0)).toBeCloseTo(1, 3)
  await split.dispose()
})

test('every type of weights that llama.cpp knows is known to the page, with the same size, and no other', async () => {
  const numbers = Array.from({ length: 64 }, (_, number) => number)
  // The second tensor lies where the first one does: llama.cpp says where it expects it, which tells the size of the first.
  const files = numbers.map((number) => {
    const shape = [(TENSOR_TYPES.get(number)?.blockLength ?? 1) * 32]
    const tensor = { shape, type: number, offset: 0, data: new Uint8Array() }
    return buildGguf({
      metadata: [['general.architecture', ['text', 'llama']]],
      tensors: [
        { name: 'one', ...tensor },
        { name: 'two', ...tensor },
      ],
    }).buffer
  })
  const llama = await startLlamaCpp(files, 1)
  const said = numbers.map((number) => loadFailure(llama, pathOfPart(number)))
  const expected = numbers.map((number) => {
    const type = TENSOR_TYPES.get(number)
    return type === undefined ? /invalid ggml type|block size \(0\)/ : new RegExp(`expected ${type.blockBytes * 32}\\b`)
  })
  expect(said).toEqual(expected.map((words) => expect.stringMatching(words)))
  llama.end()
})

test('a SentencePiece tokenizer cuts every text on the GPU as llama.cpp does', async () => {
  const file = new File([withSentencePiece(new Uint8Array(weights))], 'pieces.gguf')
  const seen: { counts: number[]; likelihoods: number[] }[] = []
  for (const kind of ['processor', 'gpu'] as const) {
    const engine = createEngine({ createWorker: startWorker, engine: kind })
    const imported = await engine.storage.import([file])
    await engine.load(imported)
    const counts: number[] = []
    for (const text of HOSTILE_TEXTS) counts.push(await engine.countTokens(text))
    // Of the token after all of them: whatever was cut otherwise would show there.
    const likelihoods: number[] = []
    const options = { maxTokens: 1, temperature: 0, logprobs: 5 }
    await engine.generate({ messages: [user(HOSTILE_TEXTS.join('|'))], options }, (batch) => {
      for (const event of batch) {
        if (event.type === 'logprobs')
          for (const { top } of event.tokens) likelihoods.push(...top.map((one) => one.logprob))
      }
    })
    seen.push({ counts, likelihoods })
    if (kind === 'gpu') await engine.deleteStored(imported)
    engine.dispose()
  }
  const [processor, gpu] = seen
  expect(gpu?.counts).toEqual(processor?.counts)
  expect(gpu?.likelihoods).toHaveLength(5)
  for (const [index, likelihood] of (gpu?.likelihoods ?? []).entries()) {
    expect(Math.abs(likelihood - (processor?.likelihoods[index] ?? 0))).toBeLessThan(0.2)
  }
})

/** What llama.cpp says when it shall load a file that is none. */
function loadFailure(llama: Awaited<ReturnType<typeof startLlamaCpp>>, path: string): string {
  const [no, zero] = [{ kind: 'bool', value: false } as const, { kind: 'int', value: 0 } as const]
  const file = { kind: 'texts', value: [path] } as const
  const unset = { kind: 'int', value: undefined } as const
  const fields = [file, no, { ...no, value: true }, no, zero, zero, ...Array.from({ length: 19 }, () => unset)]
  try {
    llama.call('load', { name: 'load_req', fields }, { name: 'load_res', fields: [] })
    return ''
  } catch (error) {
    return String(error)
  }
}
