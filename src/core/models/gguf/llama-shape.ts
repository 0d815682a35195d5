import type { GgufDescription } from './describe-gguf.ts'

/** The numbers that a model library is compiled for: weights fit it if all of them are the same. */
export interface LlamaShape {
  readonly layers: number
  readonly hiddenSize: number
  readonly feedForwardSize: number
  readonly heads: number
  readonly keyValueHeads: number
  /** Width of a head. */
  readonly headSize: number
  readonly vocabulary: number
  /** Whether the embedding doubles as the output projection. */
  readonly isTied: boolean
  readonly normEpsilon: number
  readonly ropeTheta: number
  /** By how much Llama 3.1 and 3.2 slow the slowest rotary frequencies down; 1 for plain ones. */
  readonly ropeFactor: number
}

/**
 * How a library stores its 4-bit weights, one scale for 32 along a row. Our own libraries take `(q - 8) * scale`, the numbers of Q4_0;
 * those that WebLLM publishes `(q - 7) * scale`, which are the same with `15 - q` and the scale's sign turned.
 */
export interface WeightLayout {
  readonly zero: 7 | 8
  /** Of scales, norms and what the library computes in. */
  readonly float: 'float16' | 'float32'
}

/** A matrix or a norm of a library, and the tensors of a GGUF file that it is made of. */
export interface LlamaWeight {
  /** A matrix without suffix, a norm with `.weight`. */
  readonly name: string
  /** Output features of a matrix; absent for a norm. */
  readonly rows?: number
  /** Input features of a matrix, or the length of a norm. */
  readonly columns: number
  readonly parts: readonly LlamaPart[]
}

/** A tensor of a GGUF file. */
export interface LlamaPart {
  readonly tensor: string
  readonly rows: number
  /** Heads whose rows GGUF stores in pairs and a library as halves; 0 for all other matrices. */
  readonly rotaryHeads: number
}

/** All weights of a model, in the order of a library's parameters; as `model/reflection_model/schemes.py` has them. */
export function llamaWeights(shape: LlamaShape): LlamaWeight[] {
  const { layers, hiddenSize, feedForwardSize, heads, keyValueHeads, headSize, vocabulary, isTied } = shape
  const attention = heads * headSize
  const keyValue = keyValueHeads * headSize
  const part = (tensor: string, rows: number, rotaryHeads = 0): LlamaPart => ({ tensor, rows, rotaryHeads })
  const matrix = (name: string, columns: number, ...parts: LlamaPart[]): LlamaWeight => ({
    name,
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    columns,
    parts,
  })
  const norm = (name: string, tensor: string): LlamaWeight => ({ name, columns: hiddenSize, parts: [part(tensor, 1)] })
  const ofLayer = (layer: number): LlamaWeight[] => {
    const into = `model.layers.${layer}`
    const from = `blk.${layer}`
    return [
      norm(`${into}.input_layernorm.weight`, `${from}.attn_norm.weight`),
      matrix(
        `${into}.self_attn.qkv_proj`,
        hiddenSize,
        part(`${from}.attn_q.weight`, attention, heads),
        part(`${from}.attn_k.weight`, keyValue, keyValueHeads),
        part(`${from}.attn_v.weight`, keyValue),
      ),
      matrix(`${into}.self_attn.o_proj`, attention, part(`${from}.attn_output.weight`, hiddenSize)),
      norm(`${into}.post_attention_layernorm.weight`, `${from}.ffn_norm.weight`),
      matrix(
        `${into}.mlp.gate_up_proj`,
        hiddenSize,
        part(`${from}.ffn_gate.weight`, feedForwardSize),
        part(`${from}.ffn_up.weight`, feedForwardSize),
      ),
      matrix(`${into}.mlp.down_proj`, feedForwardSize, part(`${from}.ffn_down.weight`, hiddenSize)),
    ]
  }
  return [
    matrix('model.embed_tokens', hiddenSize, part('token_embd.weight', vocabulary)),
    ...Array.from({ length: layers }, (_, layer) => ofLayer(layer)).flat(),
    norm('model.norm.weight', 'output_norm.weight'),
    ...(isTied ? [] : [matrix('lm_head', hiddenSize, part('output.weight', vocabulary))]),
  ]
}

/** Whether a file holds a Llama of this shape, as far as its header tells: the rotary frequencies are compared when they are read. */
export function hasShape(file: GgufDescription, shape: LlamaShape): boolean {
  const isSame = (found: number | undefined, wanted: number) =>
    found !== undefined && Math.abs(found - wanted) <= 1e-6 * wanted
  return (
    file.architecture === 'llama' &&
    file.experts === 0 &&
    file.isTied === shape.isTied &&
    isSame(file.layers, shape.layers) &&
    isSame(file.hiddenSize, shape.hiddenSize) &&
    isSame(file.feedForwardSize, shape.feedForwardSize) &&
    isSame(file.heads, shape.heads) &&
    isSame(file.keyValueHeads, shape.keyValueHeads) &&
    isSame(file.headSize, shape.headSize) &&
    isSame(file.vocabulary, shape.vocabulary) &&
    isSame(file.normEpsilon, shape.normEpsilon) &&
    isSame(file.ropeTheta ?? 10_000, shape.ropeTheta)
  )
}
