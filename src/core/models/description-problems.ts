import {
  distinct,
  entries,
  fields,
  isRecord,
  list,
  number,
  oneOf,
  optional,
  problemsOf,
  someText,
  text,
  that,
  wholeNumber,
  yesOrNo,
  type DataProblem,
} from '../check-data.ts'
import { isDialect } from '../tags/dialect.ts'
import type { ModelDescription, SelfCheckBias } from './model-description.ts'

const bias = number({ least: -100, most: 100 })
const address = that('an address that begins with http', (value) => {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
})

const FILE = fields({
  path: text(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'the plain name of a file'),
  bytes: wholeNumber(),
  sha256: optional(text(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 lower-case hexadecimal digits')),
})

const DESCRIPTION = fields<ModelDescription>({
  id: text(/^[\w.-]{1,200}$/, 'a name of letters, digits, ".", "_" and "-"'),
  revision: text(/^[\w.-]{1,200}$/, 'a name of letters, digits, ".", "_" and "-"'),
  name: someText,
  summary: text(),
  origin: oneOf(['embedded', 'prebuilt', 'user']),
  folderUrl: text(/^https?:\/\/[^?#]+\/resolve\/[^/?#]+\/$/, 'an address such as https://…/resolve/<revision>/'),
  libraryUrl: address,
  files: optional(list(FILE)),
  gguf: optional(FILE),
  moreGguf: optional(list(FILE)),
  server: that('absent: what is stored is not on a server', (value) => value === undefined),
  dialect: that('the names of the tags', isDialect),
  tags: list(fields({ text: someText, tokenIds: list(wholeNumber(), 1) })),
  trainedToReflect: yesOrNo,
  template: oneOf(['llama-3', 'chatml', 'deepseek-r1', 'plain']),
  chatTemplate: optional(
    fields({ source: someText, bos: text(), eos: text(), addsBos: yesOrNo, opensThinking: yesOrNo }),
  ),
  // A GGUF file describes itself, and goes from device to device as it is.
  imported: that('absent', (value) => value === undefined),
  contextWindow: wholeNumber(1),
  downloadBytes: wholeNumber(),
  gpuMemoryBytes: wholeNumber(),
  requiredFeatures: distinct(someText),
  requiredLimits: (value, path, report) => {
    that('an object', isRecord)(value, path, report)
    if (isRecord(value)) entries(wholeNumber())(value, path, report)
  },
  license: someText,
  sampling: fields({ temperature: number({ least: 0, most: 2 }), topP: number({ above: 0, most: 1 }) }),
  selfCheckBias: optional(fields<SelfCheckBias>({ never: bias, less: bias, normal: bias, more: bias })),
  skills: list(fields({ task: someText, examples: list(someText) })),
  languages: distinct(someText),
})

/** All that is wrong with what shall be a `ModelDescription`; empty when it is one. Unknown fields may stay. */
export function descriptionProblems(value: unknown): DataProblem[] {
  return problemsOf(value, DESCRIPTION)
}
