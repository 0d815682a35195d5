import { describeGguf } from '../../../../../src/core/models/gguf/describe-gguf.ts'
import { isUnfinished, parseGguf } from '../../../../../src/core/models/gguf/parse-gguf.ts'
import { numbersOf } from './stored-as.ts'

/**
 * What a Llama of a GGUF file computes after each of some tokens, as logarithms of probabilities: the architecture written down plainly, in
 * doubles, with the numbers that are in the file. It shares no arithmetic with either engine.
 * @param from - The first token after which they are wanted.
 */
export function referenceLogits(file: Uint8Array, ids: readonly number[], from: number): Float64Array[] {
  const header = parseGguf(file, file.length)
  if (isUnfinished(header)) throw new Error('the file is cut short')
  const tensors = new Map(header.tensors.map((tensor) => [tensor.name, tensor]))
  const numbers = (name: string): Float32Array => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new Error(`there is no ${name}`)
    return numbersOf(tensor, file.subarray(tensor.offset, tensor.offset + tensor.bytes))
  }
  const facts = describeGguf(header)
  const { layers = 0, heads = 0, keyValueHeads = 0, headSize = 0, hiddenSize = 0 } = facts
  const epsilon = facts.normEpsilon ?? 0
  const theta = facts.ropeTheta ?? 10_000
  const embedding = numbers('token_embd.weight')
  let states: readonly Float64Array[] = ids.map((id) =>
    Float64Array.from(embedding.subarray(id * hiddenSize, (id + 1) * hiddenSize)),
  )

  for (let layer = 0; layer < layers; layer += 1) {
    const weight = (name: string) => numbers(`blk.${layer}.${name}.weight`)
    const [query, key, value, output] = ['attn_q', 'attn_k', 'attn_v', 'attn_output'].map(weight) as Matrices
    const read = normed(states, weight('attn_norm'), epsilon)
    const queries = times(query, read).map((row, place) => rotated(row, place, headSize, theta))
    const keys = times(key, read).map((row, place) => rotated(row, place, headSize, theta))
    const attended = attend(queries, keys, times(value, read), { heads, keyValueHeads, headSize })
    states = sum(states, times(output, attended))
    const [gate, up, down] = ['ffn_gate', 'ffn_up', 'ffn_down'].map(weight) as Matrices
    const inner = normed(states, weight('ffn_norm'), epsilon)
    const raised = times(up, inner)
    const gated = times(gate, inner).map((row, place) =>
      row.map((number, index) => (number / (1 + Math.exp(-number))) * (raised[place]?.[index] ?? 0)),
    )
    states = sum(states, times(down, gated))
  }
  const last = normed(states.slice(from), numbers('output_norm.weight'), epsilon)
  return times(facts.isTied ? embedding : numbers('output.weight'), last).map(logProbabilities)
}

type Matrices = [Float32Array, Float32Array, Float32Array, Float32Array]

/** Four sums at a time, as each addition of one has to wait for the one before. */
function times(matrix: Float32Array, rows: readonly Float64Array[]): Float64Array[] {
  return rows.map((row) => {
    const product = new Float64Array(matrix.length / row.length)
    for (let index = 0; index < product.length; index += 1) {
      let [first, second, third, fourth] = [0, 0, 0, 0]
      const begin = index * row.length
      for (let column = 0; column < row.length; column += 4) {
        first += (matrix[begin + column] as number) * (row[column] as number)
        second += (matrix[begin + column + 1] as number) * (row[column + 1] as number)
        third += (matrix[begin + column + 2] as number) * (row[column + 2] as number)
        fourth += (matrix[begin + column + 3] as number) * (row[column + 3] as number)
      }
      product[index] = first + second + third + fourth
    }
    return product
  })
}

function sum(ones: readonly Float64Array[], others: readonly Float64Array[]): Float64Array[] {
  return ones.map((one, place) => one.map((number, index) => number + (others[place]?.[index] ?? 0)))
}

function normed(rows: readonly Float64Array[], weight: Float32Array, epsilon: number): Float64Array[] {
  return rows.map((row) => {
    const square = row.reduce((total, number) => total + number * number, 0) / row.length
    return row.map((number, index) => (number / Math.sqrt(square + epsilon)) * (weight[index] ?? 0))
  })
}

/** In GGUF files the two numbers that are rotated together are neighbours. */
function rotated(row: Float64Array, place: number, headSize: number, theta: number): Float64Array {
  const turned = new Float64Array(row.length)
  for (let index = 0; index < row.length; index += 2) {
    const angle = place * theta ** (-(index % headSize) / headSize)
    const [one, other] = [row[index] ?? 0, row[index + 1] ?? 0]
    turned[index] = one * Math.cos(angle) - other * Math.sin(angle)
    turned[index + 1] = one * Math.sin(angle) + other * Math.cos(angle)
  }
  return turned
}

function attend(
  queries: readonly Float64Array[],
  keys: readonly Float64Array[],
  values: readonly Float64Array[],
  { heads, keyValueHeads, headSize }: { heads: number; keyValueHeads: number; headSize: number },
): Float64Array[] {
  return queries.map((query, place) => {
    const out = new Float64Array(heads * headSize)
    for (let head = 0; head < heads; head += 1) {
      const shared = Math.floor((head * keyValueHeads) / heads) * headSize
      const own = head * headSize
      const scores = keys.slice(0, place + 1).map((key) => {
        let score = 0
        for (let index = 0; index < headSize; index += 1)
          score += (query[own + index] ?? 0) * (key[shared + index] ?? 0)
        return score / Math.sqrt(headSize)
      })
      for (const [earlier, weight] of logProbabilities(Float64Array.from(scores)).map(Math.exp).entries()) {
        for (let index = 0; index < headSize; index += 1) {
          out[own + index] = (out[own + index] ?? 0) + weight * (values[earlier]?.[shared + index] ?? 0)
        }
      }
    }
    return out
  })
}

/** Logits, moved so that their exponentials are one together. */
export function logProbabilities(logits: Float64Array): Float64Array {
  const most = logits.reduce((largest, logit) => Math.max(largest, logit), -Infinity)
  const all = most + Math.log(logits.reduce((total, logit) => total + Math.exp(logit - most), 0))
  return logits.map((logit) => logit - all)
}
