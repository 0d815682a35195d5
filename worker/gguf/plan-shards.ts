import {
  llamaWeights,
  type LlamaShape,
  type LlamaWeight,
  type WeightLayout,
} from '../../src/core/models/gguf/llama-shape.ts'
import { GROUP } from './quantize-group.ts'

/** One parameter of a library within a shard. */
export interface ShardRecord {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'uint32' | 'float16' | 'float32'
  readonly format: 'raw'
  readonly nbytes: number
  readonly byteOffset: number
}

/** A shard as WebLLM's `tensor-cache.json` lists it. */
export interface Shard {
  readonly dataPath: string
  readonly format: 'raw-shard'
  readonly nbytes: number
  readonly records: readonly ShardRecord[]
}

/** A shard and what goes into it. */
export interface PlannedShard {
  readonly shard: Shard
  readonly weights: readonly PlannedWeight[]
}

export interface PlannedWeight {
  readonly weight: LlamaWeight
  /** Where its values and its scales begin in the shard; a norm has only the first. */
  readonly valuesAt: number
  readonly scalesAt: number
}

/** Largest shard of several weights, bytes; a single one is never split. As the forge has it, but that values and scales stay together. */
const SHARD_BYTES = 32_000_000

/** Decides which shards a library's parameters come in. @param shardBytes - Most bytes of a shard of several weights. */
export function planShards(shape: LlamaShape, layout: WeightLayout, shardBytes = SHARD_BYTES): PlannedShard[] {
  const shards: { nbytes: number; records: ShardRecord[]; weights: PlannedWeight[] }[] = []
  for (const weight of llamaWeights(shape)) {
    const parameters = parametersOf(weight, layout)
    const bytes = parameters.reduce((sum, { nbytes }) => sum + nbytes, 0)
    let shard = shards.at(-1)
    if (shard === undefined || shard.nbytes + bytes > shardBytes) {
      shard = { nbytes: 0, records: [], weights: [] }
      shards.push(shard)
    }
    const valuesAt = shard.nbytes
    for (const parameter of parameters) {
      shard.records.push({ ...parameter, byteOffset: shard.nbytes })
      shard.nbytes += parameter.nbytes
    }
    shard.weights.push({ weight, valuesAt, scalesAt: shard.records.at(-1)?.byteOffset ?? valuesAt })
  }
  return shards.map(({ nbytes, records, weights }, index) => ({
    shard: { dataPath: `params_shard_${index}.bin`, format: 'raw-shard', nbytes, records },
    weights,
  }))
}

function parametersOf(
  { name, rows, columns }: LlamaWeight,
  { float }: WeightLayout,
): Omit<ShardRecord, 'byteOffset'>[] {
  const floatBytes = float === 'float16' ? 2 : 4
  if (rows === undefined) {
    return [{ name, shape: [columns], dtype: float, format: 'raw', nbytes: columns * floatBytes }]
  }
  const groups = columns / GROUP
  return [
    {
      name: `${name}.q_weight`,
      shape: [rows, columns / 8],
      dtype: 'uint32',
      format: 'raw',
      nbytes: rows * (columns / 2),
    },
    { name: `${name}.q_scale`, shape: [rows, groups], dtype: float, format: 'raw', nbytes: rows * groups * floatBytes },
  ]
}
