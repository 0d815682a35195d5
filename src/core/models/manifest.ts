import {
  describeProblem,
  distinct,
  entries,
  fields,
  isRecord,
  list,
  nullOr,
  number,
  oneOf,
  optional,
  problemsOf,
  shorten,
  someText,
  text,
  that,
  wholeNumber,
  yesOrNo,
  type DataProblem,
} from '../check-data.ts'
import type { SelfCheckBias } from './model-description.ts'

/** What we read of a `manifest.json`; `model/reflection_model/manifest.schema.json` describes all of it. */
export interface Manifest {
  readonly id: string
  readonly revision: string
  readonly name: string
  readonly description: string
  readonly languages: readonly string[]
  readonly license: { readonly spdx: string }
  readonly dialect: {
    readonly name: 'reflection' | 'plain'
    readonly tags: readonly { readonly text: string; readonly token_ids: readonly number[] }[]
  }
  readonly chat_template: { readonly style: 'llama-3' | 'chatml' }
  readonly context_window: number
  readonly requirements: {
    readonly webgpu_features: readonly string[]
    readonly webgpu_limits: Readonly<Record<string, number>>
  }
  readonly gpu_memory: {
    readonly weights_bytes: number
    readonly kv_cache_bytes: number
    readonly workspace_bytes: number
    readonly total_bytes: number
  }
  readonly library: string
  readonly files: readonly {
    readonly path: string
    readonly bytes: number
    readonly sha256: string
    readonly role: string
  }[]
  readonly total_bytes: number
  readonly good_at: readonly { readonly task: string; readonly examples: readonly string[] }[]
  readonly sampling: { readonly temperature: number; readonly top_p: number }
  readonly reflection_calibration: null | {
    readonly token: string
    readonly token_id: number
    readonly logit_bias: SelfCheckBias
  }
}

/** The newest `schema_version` that we can read. */
const SCHEMA_VERSION = 1

/** The tags of the dialect `reflection`, as a manifest writes them. */
const REFLECTION_TAGS = ['<thinking>', '</thinking>', '<reflection>', '</reflection>', '<output>', '</output>']

/** Files without which WebLLM cannot load a model, and their roles. */
const NEEDED_FILES = [
  ['tensor-cache.json', 'weights-index'],
  ['tokenizer.json', 'tokenizer'],
  ['mlc-chat-config.json', 'chat-config'],
] as const

/**
 * All that is wrong with a manifest; empty when it is a `Manifest` that can be loaded.
 *
 * What the schema says is looked at first, but for unknown fields, which may stay: a later writer may add some. Only a
 * manifest in which all of that is right is looked at as a whole, for what must fit together.
 */
export function manifestProblems(value: unknown): DataProblem[] {
  const newer = newerVersion(value)
  if (newer !== undefined) return [newer]
  const problems = problemsOf(value, MANIFEST)
  return problems.length > 0 ? problems : misfits(value as Manifest & { library: string | null })
}

/** All problems in words. */
export function describeManifestProblems(problems: readonly DataProblem[]): string {
  return problems.map((problem) => describeProblem(problem, 'the manifest')).join(' ')
}

const count = wholeNumber(1)
const bytes = wholeNumber()
const tokenId = wholeNumber()
const bias = number({ least: -100, most: 100 })
const positive = number({ above: 0 })

const MANIFEST = fields({
  schema_version: oneOf([SCHEMA_VERSION]),
  id: text(/^[a-z0-9][a-z0-9._-]*$/, 'a name of lower-case letters, digits, ".", "_" and "-"'),
  revision: text(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name of letters, digits, ".", "_" and "-"'),
  name: someText,
  description: text(),
  languages: distinct(someText),
  license: fields({ spdx: someText, notices: list(someText) }),
  base_model: nullOr(fields({ name: someText, source: optional(text()), license: optional(someText) })),
  architecture: fields({
    model_type: oneOf(['llama']),
    hidden_size: count,
    intermediate_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    num_key_value_heads: count,
    head_dim: count,
    vocab_size: count,
    rms_norm_eps: positive,
    rope_theta: positive,
    rope_scaling: nullOr(that('an object or null', isRecord)),
    tie_word_embeddings: yesOrNo,
    max_position_embeddings: count,
  }),
  scheme: oneOf(['q4f32', 'q4f16', 'q0f32']),
  parameters: count,
  bits_per_weight: positive,
  dialect: fields({
    name: oneOf(['reflection', 'plain']),
    tags: list(fields({ text: someText, token_ids: list(tokenId, 1) })),
  }),
  chat_template: fields({
    style: oneOf(['llama-3', 'chatml']),
    default_system_message: text(),
    prefix_token_ids: list(tokenId),
    stop_token_ids: list(tokenId, 1),
    jinja: someText,
    notes: list(someText),
  }),
  context_window: count,
  prefill_chunk: count,
  requirements: fields({
    webgpu_features: distinct(oneOf(['shader-f16', 'subgroups'])),
    webgpu_limits: (value, path, report) => {
      LIMITS(value, path, report)
      if (isRecord(value)) entries(count)(otherLimits(value), path, report)
    },
  }),
  gpu_memory: fields({
    weights_bytes: bytes,
    kv_cache_bytes: bytes,
    workspace_bytes: bytes,
    total_bytes: bytes,
    formulae: entries(someText),
  }),
  library: nullOr(text()),
  files: list(
    fields({
      path: text(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'the plain name of a file beside the manifest'),
      bytes,
      sha256: text(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 lower-case hexadecimal digits'),
      role: oneOf(['weights', 'weights-index', 'tokenizer', 'chat-config', 'library', 'gguf']),
    }),
    1,
  ),
  total_bytes: bytes,
  good_at: list(fields({ task: someText, examples: list(someText, 1) })),
  sampling: fields({
    temperature: number({ least: 0 }),
    top_p: number({ above: 0, most: 1 }),
    repetition_penalty: positive,
    presence_penalty: number(),
    frequency_penalty: number(),
  }),
  reflection_calibration: nullOr(
    fields({
      token: someText,
      token_id: tokenId,
      logit_bias: fields<SelfCheckBias>({ never: bias, less: bias, normal: bias, more: bias }),
    }),
  ),
  quality: list(
    fields({
      name: someText,
      value: number(),
      unit: someText,
      command: someText,
      date: text(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, 'a date such as "2026-11-21"'),
      machine: someText,
      details: optional(text()),
    }),
  ),
})

const NAMED_LIMITS = {
  maxStorageBufferBindingSize: count,
  maxBufferSize: count,
  maxStorageBuffersPerShaderStage: count,
  maxComputeWorkgroupStorageSize: count,
  maxComputeInvocationsPerWorkgroup: count,
}

const LIMITS = fields(NAMED_LIMITS)

function otherLimits(limits: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(limits).filter(([name]) => !Object.hasOwn(NAMED_LIMITS, name)))
}

/** A version after ours says nothing that we could judge, so it is the only problem to speak of. */
function newerVersion(value: unknown): DataProblem | undefined {
  const version = isRecord(value) ? value['schema_version'] : undefined
  if (typeof version !== 'number' || version <= SCHEMA_VERSION) return undefined
  const needed = `at most ${SCHEMA_VERSION}: this page is older than the manifest and has to be updated`
  return { path: 'schema_version', found: String(version), needed }
}

function misfits(manifest: Manifest & { library: string | null }): DataProblem[] {
  return [...tagMisfits(manifest), ...fileMisfits(manifest), ...numberMisfits(manifest)]
}

function tagMisfits({ dialect, reflection_calibration: calibration }: Manifest): DataProblem[] {
  const problems: DataProblem[] = []
  const known = dialect.name === 'reflection' ? REFLECTION_TAGS : []
  const texts = dialect.tags.map((tag) => tag.text)
  for (const [index, tag] of texts.entries()) {
    const path = `dialect.tags[${index}].text`
    if (!known.includes(tag)) {
      const needed = known.length > 0 ? `one of ${known.join(' ')}` : 'absent, as the dialect "plain" has no tags'
      problems.push({ path, found: shorten(tag), needed })
    } else if (texts.indexOf(tag) < index) {
      problems.push({ path, found: `${shorten(tag)} once more`, needed: 'listed once' })
    }
  }
  if (calibration === null) return problems
  const { token, token_id: id } = calibration
  if (token !== '<reflection>') {
    problems.push({ path: 'reflection_calibration.token', found: shorten(token), needed: '"<reflection>"' })
    return problems
  }
  const ids = dialect.tags.find((tag) => tag.text === token)?.token_ids ?? []
  if (ids.length !== 1 || ids[0] !== id) {
    const needed = `the only id of ${token} in dialect.tags`
    problems.push({ path: 'reflection_calibration.token_id', found: String(id), needed })
  }
  return problems
}

function fileMisfits({ files, library, total_bytes: total }: Manifest & { library: string | null }): DataProblem[] {
  const problems: DataProblem[] = []
  const paths = files.map((file) => file.path)
  for (const [index, path] of paths.entries()) {
    if (paths.indexOf(path) === index) continue
    problems.push({ path: `files[${index}].path`, found: `${shorten(path)} once more`, needed: 'listed once' })
  }
  for (const [path, role] of NEEDED_FILES) {
    if (files.some((file) => file.path === path && file.role === role)) continue
    problems.push({ path: 'files', found: `without ${path}`, needed: `a list with ${path} in the role "${role}"` })
  }
  if (!files.some((file) => file.role === 'weights')) {
    problems.push({ path: 'files', found: 'without weights', needed: 'a list with at least one file of weights' })
  }
  if (library === null || !files.some((file) => file.path === library && file.role === 'library')) {
    problems.push({ path: 'library', found: shorten(library), needed: 'the path of the file with the role "library"' })
  }
  const [, another] = files.filter((file) => file.role === 'gguf')
  if (another !== undefined) {
    const needed = 'at most one file with the role "gguf"'
    problems.push({ path: 'files', found: `${shorten(another.path)} as one more GGUF file`, needed })
  }
  const sum = files.reduce((before, file) => before + file.bytes, 0)
  if (total !== sum)
    problems.push({ path: 'total_bytes', found: String(total), needed: `${sum}, the sum of the files` })
  return problems
}

function numberMisfits({ gpu_memory: memory, sampling }: Manifest): DataProblem[] {
  const problems: DataProblem[] = []
  const sum = memory.weights_bytes + memory.kv_cache_bytes + memory.workspace_bytes
  if (memory.total_bytes !== sum) {
    const needed = `${sum}, the sum of weights, KV cache and workspace`
    problems.push({ path: 'gpu_memory.total_bytes', found: String(memory.total_bytes), needed })
  }
  if (sampling.temperature > 2) {
    const found = String(sampling.temperature)
    problems.push({ path: 'sampling.temperature', found, needed: 'a number of at most 2' })
  }
  return problems
}
