import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeGguf } from '../../../../src/core/models/gguf/describe-gguf.ts'
import { hasShape, type LlamaShape, type WeightLayout } from '../../../../src/core/models/gguf/llama-shape.ts'
import { isUnfinished, parseGguf } from '../../../../src/core/models/gguf/parse-gguf.ts'
import { tokenizerDocument } from '../../../../src/core/models/gguf/tokenizer-document.ts'
import { HALF_VALUES, halfBits } from '../../../../worker/gguf/half-float.ts'
import { planShards } from '../../../../worker/gguf/plan-shards.ts'
import { createGroupQuantizer } from '../../../../worker/gguf/quantize-group.ts'
import { repackShard, type FindTensor } from '../../../../worker/gguf/repack.ts'

const FOLDER = new URL('../../../fixtures/gguf/', import.meta.url)
const file = new Uint8Array(readFileSync(new URL('every-type.gguf', FOLDER)))
/** What the forge made of the same file: `model/tests/test_gguf_fixture.py` holds it to that. */
const forged = JSON.parse(readFileSync(new URL('every-type.json', FOLDER), 'utf8')) as {
  readonly q4f32: { readonly sha256: string; readonly records: unknown }
  readonly q4f16: { readonly sha256: string; readonly records: unknown }
  readonly tokenizer: { readonly model: { readonly merges: readonly (string | readonly string[])[] } }
}

const SHAPE: LlamaShape = {
  layers: 2,
  hiddenSize: 256,
  feedForwardSize: 32,
  heads: 2,
  keyValueHeads: 1,
  headSize: 32,
  vocabulary: 307,
  isTied: true,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  ropeFactor: 1,
}

const header = (() => {
  const result = parseGguf(file, file.length)
  if (isUnfinished(result)) throw new Error('the file is cut short')
  return result
})()

/** Reads from a copy of the file in which a test may have changed something. */
function finderOf(bytes: Uint8Array = file): FindTensor {
  return (name) => {
    const tensor = header.tensors.find((candidate) => candidate.name === name)
    if (tensor === undefined) throw new Error(`no ${name}`)
    return {
      tensor,
      read: async (offset, length) => bytes.subarray(tensor.offset + offset, tensor.offset + offset + length),
    }
  }
}

async function repack(layout: WeightLayout, find = finderOf()): Promise<Uint8Array[]> {
  return Promise.all(planShards(SHAPE, layout).map((shard) => repackShard(shard, find, layout)))
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('a file with every type of tensor', () => {
  test('is described by its header', () => {
    const description = describeGguf(header)
    expect(description).toMatchObject({
      architecture: 'llama',
      quantization: 'Q4_0',
      parameters: 227_328,
      contextLength: 512,
      experts: 0,
      tokenizer: {
        kind: 'gpt2',
        pre: 'smollm',
        tokens: 307,
        bos: { id: 0 },
        eos: { text: '<|eot_id|>' },
        stops: [4],
        addsBos: false,
      },
    })
    expect(hasShape(description, SHAPE)).toBe(true)
    for (const other of [{ layers: 3 }, { isTied: false }, { ropeTheta: 500_000 }, { vocabulary: 308 }]) {
      expect(hasShape(description, { ...SHAPE, ...other })).toBe(false)
    }
  })

  test.each([
    ['q4f32', 'float32'],
    ['q4f16', 'float16'],
  ] as const)('becomes byte for byte what the forge makes of it, in %s', async (scheme, float) => {
    const layout = { zero: 8, float } as const
    const [shard, ...others] = await repack(layout)
    expect(others).toEqual([])
    expect(planShards(SHAPE, layout).map((planned) => planned.shard)).toEqual(forged[scheme].records)
    expect(sha256(shard as Uint8Array)).toBe(forged[scheme].sha256)
  })

  test('has the same weights in the layout of the libraries that WebLLM publishes', async () => {
    const [ours] = await repack({ zero: 8, float: 'float32' })
    const [theirs] = await repack({ zero: 7, float: 'float32' })
    const [planned] = planShards(SHAPE, { zero: 8, float: 'float32' })
    let compared = 0
    for (const { weight, valuesAt, scalesAt } of planned?.weights ?? []) {
      if (weight.rows === undefined) continue
      const weightsOf = (bytes: Uint8Array | undefined, zero: number) => {
        const scales = new Float32Array((bytes as Uint8Array).buffer, scalesAt, (scalesAt - valuesAt) / 16)
        return Array.from(scales, (scale, group) =>
          Array.from({ length: 32 }, (_, index) => {
            const pair = bytes?.[valuesAt + group * 16 + (index >> 1)] ?? 0
            return ((index % 2 === 0 ? pair & 15 : pair >> 4) - zero) * scale + 0 // no difference between 0 and -0
          }),
        )
      }
      expect(weightsOf(theirs, 7)).toEqual(weightsOf(ours, 8))
      compared += 1
    }
    expect(compared).toBe(9)
  })

  test('is the same in many shards as in one', async () => {
    const layout = { zero: 8, float: 'float32' } as const
    const shards = planShards(SHAPE, layout, 20_000)
    expect(shards.length).toBeGreaterThan(4)
    const parts = await Promise.all(shards.map((shard) => repackShard(shard, finderOf(), layout)))
    expect(shards.map(({ shard }) => shard.nbytes)).toEqual(parts.map(({ length }) => length))
    expect(sha256(Buffer.concat(parts))).toBe(forged.q4f32.sha256)
  })

  test('gives the tokenizer that the forge builds', () => {
    const merges = forged.tokenizer.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')))
    const expected = { ...forged.tokenizer, model: { ...forged.tokenizer.model, merges } }
    expect(tokenizerDocument(header)).toEqual(expected)
  })

  test('is refused with the name of the tensor in which a number is none', async () => {
    for (const [name, at] of [
      ['token_embd.weight', 1], // of a scale that is taken over
      ['blk.1.attn_q.weight', 1],
      ['blk.0.attn_q.weight', 1],
      ['output_norm.weight', 3],
    ] as const) {
      const changed = file.slice()
      const tensor = header.tensors.find((candidate) => candidate.name === name)
      changed[(tensor?.offset ?? 0) + at] = 0x7f
      if (name === 'output_norm.weight') changed[(tensor?.offset ?? 0) + 2] = 0xff
      const failure = repack({ zero: 8, float: 'float32' }, finderOf(changed))
      await expect(failure).rejects.toMatchObject({ code: 'gguf-invalid', details: { tensor: name } })
    }
  })
})

describe('a 16-bit float', () => {
  test('keeps its bits on the way to a number and back', () => {
    const all = Array.from({ length: 2 ** 16 }, (_, bits) => bits)
    const finite = all.filter((bits) => Number.isFinite(HALF_VALUES[bits]))
    expect(finite).toHaveLength(2 ** 16 - 2 ** 11)
    expect(finite.map((bits) => halfBits(HALF_VALUES[bits] as number))).toEqual(finite)
  })

  test('is the nearest one; of two, the one with an even last bit', () => {
    for (let bits = 0; bits < 0x7bff; bits += 1) {
      const [low, high] = [HALF_VALUES[bits] as number, HALF_VALUES[bits + 1] as number]
      const middle = (low + high) / 2
      expect(halfBits(middle)).toBe(bits % 2 === 0 ? bits : bits + 1)
      expect(halfBits(middle - (high - low) / 1024)).toBe(bits)
      expect(halfBits(-middle - (high - low) / 1024)).toBe((bits + 1) | 0x8000)
    }
  })
})

test('weights that lie on a grid of four bits come through as they are', () => {
  const quantizer = createGroupQuantizer()
  for (let round = 1; round <= 100; round += 1) {
    const scale = HALF_VALUES[round * 37] as number
    const grid = Array.from({ length: 32 }, (_, index) => ((index * 7 * round) % 16) - 8)
    const found = quantizer.quantize(
      Float32Array.from(grid, (value) => value * scale),
      0,
    )
    expect(Array.from(quantizer.values, (value) => value * (found ?? 0) + 0)).toEqual(
      grid.map((value) => value * scale + 0),
    )
  }
})
