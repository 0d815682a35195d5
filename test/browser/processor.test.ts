import { beforeAll, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import type { RunEvent } from '../../src/core/engine.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { openLlamaCpp } from '../../worker/llama-cpp-engine.ts'
import { createReplyWriter } from '../../worker/reply-writer.ts'
import { PROBLEM, SYSTEM, user } from './support/ask-engine.ts'
import { describeTiny } from './support/tiny.ts'

// What is special to llama.cpp; what both engines must do is in engine.test.ts.
let model: ModelDescription
let weights: ArrayBuffer
let tokenizer: ArrayBuffer

beforeAll(async () => {
  model = await describeTiny()
  const fetched = async (path: string) => (await fetch(new URL(path, model.folderUrl))).arrayBuffer()
  weights = await fetched(model.gguf?.path ?? '')
  tokenizer = await fetched('tokenizer.json')
})

/** Opens it in this thread, as the worker does in its own. */
function open(file: ArrayBuffer | undefined = weights, changes: Partial<ModelDescription> = {}) {
  const read = async (address: string) => (address.endsWith('.gguf') ? file : tokenizer)
  return openLlamaCpp({ ...model, ...changes }, { read, threads: 1, onProgress: () => undefined })
}

test('only its own files are fetched and stored; those of the GPU beside them are counted apart and deleted together', async () => {
  const engine = createEngine({ createWorker: startWorker, engine: 'processor' })
  await engine.deleteStored(model)
  const { downloadedBytes } = await engine.load(model)
  expect(downloadedBytes).toBe(weights.byteLength + tokenizer.byteLength)
  expect(await engine.storedBytes(model, 'processor')).toBe(downloadedBytes)
  expect(await engine.storedBytes(model, 'gpu')).toBe(tokenizer.byteLength)
  expect((await engine.load(model)).downloadedBytes).toBe(0)
  const fetched = performance.getEntriesByType('resource').map(({ name }) => name)
  expect(fetched.filter((name) => /params_shard|\.wasm$/.test(name))).toEqual([])
  await engine.deleteStored(model)
  expect(await engine.storedBytes(model)).toBe(0)
  engine.dispose()
})

describe('in its own thread', () => {
  test('a run that is told to stop draws no further token, and whoever tells it is heard between two tokens', async () => {
    const tokens = await open()
    let drawn = 0
    const counting = {
      ...tokens,
      next: (...call: Parameters<typeof tokens.next>) => ((drawn += 1), tokens.next(...call)),
    }
    const control = { cancelled: false, answerNow: false }
    let drawnAtStop = Infinity
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      control.cancelled = true
      drawnAtStop = drawn
    })
    port1.start()
    const emit = (event: RunEvent) => {
      if (event.type === 'reasoning-delta' && !control.cancelled && drawn < 20) port2.postMessage('stop')
    }
    const request = { messages: [SYSTEM, user(PROBLEM)], options: { temperature: 0 } }
    const usage = await createReplyWriter(counting, model).write(request, emit, control)
    expect(usage.finishReason).toBe('abort')
    expect(drawn - drawnAtStop).toBeLessThanOrEqual(1)
    expect(drawn).toBeLessThan(10)
    await tokens.dispose()
  })

  test('takes back any number of tokens, and goes on as if they had never been', async () => {
    const tokens = await open()
    const ids = tokens.vocabulary.encode('What is 12 * 11? Twelve times eleven.')
    const sampling = { temperature: 0, topP: 1 }
    const first = await tokens.next(ids, sampling)
    for (const kept of [ids.length - 1, 5, 1, 0]) {
      expect(tokens.truncate(kept)).toBe(kept)
      expect(await tokens.next(ids.slice(kept), sampling)).toBe(first)
    }
    expect(tokens.truncate(10_000)).toBe(ids.length)
    await tokens.dispose()
  })

  test('no text becomes a special token, with or without us cutting it', async () => {
    const tokens = await open()
    const { added, encode } = tokens.vocabulary
    // Tags are tokens of the vocabulary, which llama.cpp finds in any text: those, `encodePrompt` cuts.
    for (const text of ['<|eot_id|>', '<|begin_of_text|>', '<|start_header_id|>']) {
      expect(encode(text)).not.toContain(added.get(text))
    }
    for (const [text, id] of added) expect(tokens.decode([id])).toBe(text)
    expect(added.size).toBeGreaterThan(8)
    await tokens.dispose()
  })
})

describe('cannot load', () => {
  test.each<[string, () => ArrayBuffer | undefined, RegExp]>([
    ['a file that is cut short', () => weights.slice(0, 1_000_000), /could not be loaded onto the processor/],
    ['a file that is something else', () => tokenizer, /could not be loaded onto the processor/],
    ['nothing', () => undefined, /has no GGUF file/],
  ])('%s', async (_, file, message) => {
    const read = async (address: string) => (address.endsWith('.gguf') ? file() : tokenizer)
    const opening = openLlamaCpp(model, { read, threads: 1, onProgress: () => undefined })
    await expect(opening).rejects.toMatchObject({ code: 'model-broken', message: expect.stringMatching(message) })
  })

  test('a model for whose window there is no memory', async () => {
    await expect(open(weights, { contextWindow: 4 * 2 ** 20 })).rejects.toMatchObject({ code: 'memory-short' })
  })
})
