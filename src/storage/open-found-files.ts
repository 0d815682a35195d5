import {
  fields,
  list,
  number,
  oneOf,
  optional,
  problemsOf,
  that,
  text,
  wholeNumber,
  yesOrNo,
} from '../core/check-data.ts'
import type { FoundFile } from '../core/models/gguf/describe-imported.ts'
import type { FoundFiles } from '../core/models/gguf/find-gguf.ts'
import { LLAMA_SHAPE } from '../core/models/gguf/parse-site-libraries.ts'
import type { Records } from './records.ts'

const SCHEMA = 1

const token = fields({ id: wholeNumber(), text: text() })
const size = optional(number({ least: 0 }))

const FOUND = fields({
  schema: that(String(SCHEMA), (value) => value === SCHEMA),
  address: text(/^https?:\/\//),
  bytes: list(wholeNumber(), 1),
  description: fields({
    name: optional(text()),
    architecture: text(),
    parameters: number({ least: 0 }),
    weightBytes: number({ least: 0 }),
    quantization: text(),
    tensorTypes: list(text()),
    contextLength: size,
    layers: size,
    hiddenSize: size,
    feedForwardSize: size,
    heads: size,
    keyValueHeads: size,
    headSize: size,
    vocabulary: size,
    isTied: yesOrNo,
    normEpsilon: size,
    ropeTheta: size,
    experts: number({ least: 0 }),
    idleBytes: size,
    tokenizer: fields({
      kind: text(),
      pre: optional(text()),
      tokens: wholeNumber(),
      bos: optional(token),
      eos: optional(token),
      marks: list(text()),
      stops: list(wholeNumber()),
      addsBos: yesOrNo,
    }),
    chatTemplate: optional(text()),
    license: optional(text()),
    languages: list(text()),
  }),
  siteLibrary: optional(
    fields({
      url: text(/^https?:\/\//),
      shape: LLAMA_SHAPE,
      layout: fields({ zero: oneOf([7, 8]), float: oneOf(['float16', 'float32']) }),
      contextWindow: wholeNumber(),
      requiredFeatures: list(text()),
      subgroupSize: optional(wholeNumber()),
      file: fields({ bytes: wholeNumber(), sha256: text() }),
    }),
  ),
})

/** Opens what this browser keeps of it. @param records - A database with nothing else in it. */
export function openFoundFiles(records: Records): FoundFiles {
  return {
    async get(address) {
      const value = await records.transact('readonly', (table) => table.get(address))
      if (value === undefined || problemsOf(value, FOUND).length > 0) return undefined
      return value as FoundFile
    },
    put: (found) =>
      records.transact('readwrite', async (table) => table.put(found.address, { ...found, schema: SCHEMA })),
  }
}
