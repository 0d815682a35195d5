import {
  describeProblem,
  fields,
  list,
  number,
  oneOf,
  optional,
  problemsOf,
  text,
  that,
  wholeNumber,
  yesOrNo,
} from '../../check-data.ts'
import { ReflectionError } from '../../errors.ts'
import type { GpuLibrary } from './gpu-libraries.ts'
import type { LlamaShape } from './llama-shape.ts'

const SCHEMA = 1

/** A check for `LlamaShape`. */
export const LLAMA_SHAPE = fields<LlamaShape>({
  layers: wholeNumber(1),
  hiddenSize: wholeNumber(1),
  feedForwardSize: wholeNumber(1),
  heads: wholeNumber(1),
  keyValueHeads: wholeNumber(1),
  headSize: wholeNumber(2),
  vocabulary: wholeNumber(1),
  isTied: yesOrNo,
  normEpsilon: number({ above: 0 }),
  ropeTheta: number({ above: 0 }),
  ropeFactor: number({ least: 1 }),
})

const LIST = fields({
  schema: that(String(SCHEMA), (value) => value === SCHEMA),
  libraries: list(
    fields({
      file: text(/^[\w.-]+\.wasm$/, 'the name of a .wasm file beside the list'),
      bytes: wholeNumber(1),
      sha256: text(/^[0-9a-f]{64}$/, 'a SHA-256, lower-case hexadecimal'),
      shape: LLAMA_SHAPE,
      float: oneOf(['float16', 'float32']),
      contextWindow: wholeNumber(2),
      requiredFeatures: list(text()),
      subgroupSize: optional(wholeNumber(1)),
    }),
  ),
})

interface Entry extends Pick<GpuLibrary, 'contextWindow' | 'requiredFeatures' | 'subgroupSize'> {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly shape: LlamaShape
  readonly float: 'float16' | 'float32'
}

/**
 * Reads the list that `forge libraries` writes.
 * @param address - Of the list, beside which the libraries lie.
 * @throws {ReflectionError} `manifest-invalid`.
 */
export function parseSiteLibraries(value: unknown, address: string): GpuLibrary[] {
  const [problem] = problemsOf(value, LIST)
  if (problem !== undefined) {
    throw new ReflectionError(
      'manifest-invalid',
      `${address} is no list of model libraries: ${describeProblem(problem, 'it')} Write it anew with \`forge libraries\`.`,
      { details: { url: address } },
    )
  }
  const { libraries } = value as { libraries: readonly Entry[] }
  return libraries.map((entry) => libraryOf(entry, address))
}

function libraryOf(entry: Entry, address: string): GpuLibrary {
  const { file, bytes, sha256, float, shape, contextWindow, requiredFeatures, subgroupSize } = entry
  return {
    url: new URL(file, address).href,
    shape,
    layout: { zero: 8, float },
    contextWindow,
    requiredFeatures,
    file: { bytes, sha256 },
    ...(subgroupSize !== undefined && { subgroupSize }),
  }
}
