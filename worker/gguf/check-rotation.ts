import { ReflectionError } from '../../src/core/errors.ts'
import type { LlamaShape } from '../../src/core/models/gguf/llama-shape.ts'
import type { ReadableTensor } from './repack.ts'

/** What Llama 3.1 and 3.2 share of the way in which they slow rotary frequencies down. */
const LOW = 1
const HIGH = 4
const ORIGINAL_WINDOW = 8192

/**
 * Compares the divisors of rotary frequencies in a file with those that a library was compiled with.
 * @param factors - The tensor that holds them; absent where the frequencies are plain.
 * @throws {ReflectionError} `gguf-invalid`.
 */
export async function checkRotation(factors: ReadableTensor | undefined, shape: LlamaShape): Promise<void> {
  const wanted = divisorsOf(shape)
  const found = factors === undefined ? wanted.map(() => 1) : await readFloats(factors)
  const isSame = found.length === wanted.length && found.every((value, index) => isNear(value, wanted[index] ?? 0))
  if (isSame) return
  throw new ReflectionError(
    'gguf-invalid',
    'The GGUF file cannot be used on the GPU: its rotary frequencies are not those of the model library for its shape. It runs on the processor.',
    { details: { tensor: 'rope_freqs.weight' } },
  )
}

/** As `model/reflection_model/rope_scaling.py` has them: what turns often within the window stays, what hardly turns is slowed down, with a blend between. */
function divisorsOf({ headSize, ropeTheta, ropeFactor }: LlamaShape): number[] {
  return Array.from({ length: headSize / 2 }, (_, index) => {
    const turns = (ORIGINAL_WINDOW * ropeTheta ** ((-2 * index) / headSize)) / (2 * Math.PI)
    const share = Math.min(1, Math.max(0, (turns - LOW) / (HIGH - LOW)))
    return 1 / (share + (1 - share) / ropeFactor)
  })
}

async function readFloats({ tensor, read }: ReadableTensor): Promise<number[]> {
  if (tensor.type.name !== 'F32') return []
  const bytes = await read(0, tensor.bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: tensor.bytes / 4 }, (_, index) => view.getFloat32(4 * index, true))
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-4 * other
}
