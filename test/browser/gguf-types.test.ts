import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineKind } from '../../src/core/engine.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { choosePrompt } from '../../worker/choose-prompt.ts'
import { createEarlyGpu } from '../../worker/early-gpu.ts'
import { describeGgufFiles, importGguf } from '../../worker/gguf/import-gguf.ts'
import { makeFiles } from '../../worker/gguf/make-files.ts'
import { openLlamaCpp } from '../../worker/llama-cpp-engine.ts'
import { createRequestEncoder } from '../../worker/request-encoder.ts'
import type { TokenModel } from '../../worker/token-model.ts'
import { openWebLLM } from '../../worker/webllm-engine.ts'
import { downloadModel } from '../../worker/weights/download-model.ts'
import { openOlderFiles } from '../../worker/weights/older-files.ts'
import { openWeightStore } from '../../worker/weights/weight-store.ts'
import { ENCODED_TYPES } from '../unit/worker/gguf/support/encode-blocks.ts'
import { logProbabilities, referenceLogits } from '../unit/worker/gguf/support/reference-logits.ts'
import { storedAs, storedInAllTypes } from '../unit/worker/gguf/support/stored-as.ts'
import { user } from './support/ask-engine.ts'
import { describeTiny } from './support/tiny.ts'

// The embedded model, stored in each type that GGUF files have, in both engines, which are compared with the plain arithmetic of a Llama on the numbers
// of that file. A software GPU takes seconds for each: here one file has all of them, and `npm run compare:types` takes them one by one.
const isForTable = import.meta.env['VITE_EVERY_TYPE'] === '1'

const QUESTION = 'What is 47 * 38?'
/** Tokens of the reply that are looked at. */
const TOKENS = 10
/** Of a token that the reference takes for likely, and by how much more than the next it is clearly the likeliest; logarithms. */
const LIKELY = Math.log(0.01)
const CLEARLY = 1

/** The prompt, and a reply to it: what engines are given, token by token. */
let ids: readonly number[]
let answered = 0
let original: Uint8Array<ArrayBuffer>

interface Opened {
  readonly model: ModelDescription
  readonly tokens: TokenModel
  close(): Promise<void>
}

/** Opens a file of this device in this thread, as the worker does in its own. */
function open(kind: EngineKind, content: Uint8Array<ArrayBuffer>, type: string): Promise<Opened> {
  const file = new File([content], `${type}.gguf`)
  return kind === 'gpu' ? openOnGpu(file) : openOnProcessor(file)
}

async function openOnProcessor(file: File): Promise<Opened> {
  const model = await describeGgufFiles([file], location.origin)
  const made = await makeFiles(model, 'processor', { open: async () => file })
  const read = (address: string) => made?.get(address)?.() ?? file.arrayBuffer()
  const tokens = await openLlamaCpp(model, { read, threads: 1, onProgress: () => undefined })
  return { model, tokens, close: tokens.dispose }
}

async function openOnGpu(file: File): Promise<Opened> {
  const store = openWeightStore()
  const onProgress = () => undefined
  const model = await importGguf([file], store, location.origin, onProgress)
  await downloadModel(model, { store, older: openOlderFiles() }, { onProgress }) // its library
  const made = await makeFiles(model, 'gpu', store)
  const gpu = createEarlyGpu()
  const tokens = await openWebLLM(model, { store, ...(made && { made }), gpu, onProgress, onLost: () => undefined })
  const close = async () => {
    await tokens.dispose()
    await store.dropModel(model.folderUrl)
  }
  return { model, tokens, close }
}

const greedy = { temperature: 0, topP: 1 }

beforeAll(async () => {
  const { folderUrl, gguf } = await describeTiny()
  original = new Uint8Array(await (await fetch(new URL(gguf?.path ?? '', folderUrl))).arrayBuffer())
  const { model, tokens, close } = await open('processor', original, 'original')
  const { render } = await choosePrompt(model, tokens.vocabulary.added.keys())
  const messages = [{ role: 'system', content: 'Be brief.' } as const, user(QUESTION)]
  const prompt = createRequestEncoder(tokens, model, render).encode({ messages }).ids
  expect(prompt.length).toBeLessThanOrEqual(tokens.prefillChunk)
  const reply = [await tokens.next(prompt, greedy)]
  while (reply.length < TOKENS) reply.push(await tokens.next(reply.slice(-1), greedy))
  ids = [...prompt, ...reply]
  answered = prompt.length
  await close()
})

/** How far an engine is from the reference. */
interface Distance {
  /** Places in which it has the same likeliest token, and all. */
  readonly same: number
  readonly places: number
  /** Of those where the reference's likeliest is clear. */
  readonly clearlyOther: number
  /** By how much logarithms of probabilities of likely tokens differ: on average and at most. */
  readonly mean: number
  readonly most: number
}

async function distance(kind: EngineKind, content: Uint8Array<ArrayBuffer>, name: string): Promise<Distance> {
  const reference = referenceLogits(content, ids.slice(0, -1), answered - 1)
  const { tokens, close } = await open(kind, content, name)
  const differences: number[] = []
  let same = 0
  let clearlyOther = 0
  for (const [place, expected] of reference.entries()) {
    let shown = new Float64Array()
    const onLogits = (logits: Float32Array) => void (shown = Float64Array.from(logits))
    await tokens.next(place === 0 ? ids.slice(0, answered) : ids.slice(answered + place - 1, answered + place), {
      ...greedy,
      onLogits,
    })
    const found = logProbabilities(shown)
    const [best = -1, second = -1] = Array.from(expected.keys()).toSorted(
      (one, other) => (expected[other] ?? 0) - (expected[one] ?? 0),
    )
    const isSame = found.indexOf(Math.max(...found)) === best
    same += Number(isSame)
    clearlyOther += Number(!isSame && (expected[best] ?? 0) - (expected[second] ?? 0) > CLEARLY)
    for (const [id, logit] of expected.entries()) {
      if (logit > LIKELY) differences.push(Math.abs(logit - (found[id] ?? -Infinity)))
    }
  }
  await close()
  const mean = differences.reduce((total, difference) => total + difference, 0) / differences.length
  return { same, places: reference.length, clearlyOther, mean, most: Math.max(...differences) }
}

/** Those that people have most; the others are in one file with them for the GPU, and one by one in `npm run compare:types`. */
const USUAL = ['Q4_0', 'Q4_1', 'Q8_0', 'F16', 'Q4_K', 'Q6_K']
const EVERY = [...new Set([...USUAL, ...Object.keys(ENCODED_TYPES)])]

const rows: string[] = []

/** Notes a line of the table that `npm run compare:types` prints. */
function note(type: string, kind: EngineKind, { same, places, mean, most }: Distance, bytes: number): void {
  const size = (bytes / 1e6).toFixed(1)
  rows.push(`| ${type} | ${size} MB | ${kind} | ${same} of ${places} | ${mean.toFixed(3)} | ${most.toFixed(2)} |`)
}

describe('weights of every type', () => {
  afterAll(() => {
    if (isForTable) console.log(rows.join('\n'))
  })

  test.each(isForTable ? EVERY : USUAL)('compute on the processor what they say: %s', async (type) => {
    const content = storedAs(type, original)
    const found = await distance('processor', content, type)
    note(type, 'processor', found, content.length)
    expect(found.clearlyOther).toBe(0)
    expect(found.mean).toBeLessThan(0.06)
  })

  test.each(isForTable ? EVERY : ['all'])('compute on the GPU what they say: %s', async (type) => {
    const content = type === 'all' ? storedInAllTypes(original) : storedAs(type, original)
    const found = await distance('gpu', content, type)
    note(type, 'gpu', found, content.length)
    expect(found.clearlyOther).toBe(0)
    expect(found.mean).toBeLessThan(0.15)
  })
})
