import { ReflectionError } from '../errors.ts'
import { DIALECTS } from '../tags/dialect.ts'
import { describeManifestProblems, manifestProblems, type Manifest } from './manifest.ts'
import type { ModelDescription, ModelFile } from './model-description.ts'

/**
 * Turns the content of a `manifest.json` into the description of its model.
 * @param manifestUrl - Absolute address that it was read from; the files are beside it.
 * @param origin - Who brings the model.
 * @throws {ReflectionError} `manifest-invalid`; the message names every field that is wrong, what it is and what it must be.
 */
export function parseManifest(
  value: unknown,
  manifestUrl: string,
  origin: ModelDescription['origin'] = 'user',
): ModelDescription {
  const folderUrl = folderOf(manifestUrl)
  const problems = manifestProblems(value)
  if (problems.length > 0) {
    throw new ReflectionError(
      'manifest-invalid',
      `The manifest ${manifestUrl} cannot be used. ${describeManifestProblems(problems)}`,
      { details: { manifestUrl, problems: problems.length, field: problems[0]?.path ?? '' } },
    )
  }
  const manifest = value as Manifest
  const bias = manifest.reflection_calibration?.logit_bias
  const [gguf] = manifest.files.filter(({ role }) => role === 'gguf').map(fileOf)
  return {
    id: manifest.id,
    revision: manifest.revision,
    name: manifest.name,
    summary: manifest.description,
    origin,
    folderUrl,
    libraryUrl: new URL(manifest.library, folderUrl).href,
    files: manifest.files.filter(({ role }) => role !== 'gguf').map(fileOf),
    ...(gguf && { gguf }),
    // A model of the dialect "plain" was not trained to use tags; it is asked to by its system prompt.
    dialect: DIALECTS.reflection,
    tags: manifest.dialect.tags.map((tag) => ({ text: tag.text, tokenIds: tag.token_ids })),
    trainedToReflect: manifest.dialect.name === 'reflection',
    template: manifest.chat_template.style,
    contextWindow: manifest.context_window,
    downloadBytes: manifest.total_bytes - (gguf?.bytes ?? 0),
    gpuMemoryBytes: manifest.gpu_memory.total_bytes,
    requiredFeatures: manifest.requirements.webgpu_features,
    requiredLimits: manifest.requirements.webgpu_limits,
    license: manifest.license.spdx,
    sampling: { temperature: manifest.sampling.temperature, topP: manifest.sampling.top_p },
    ...(bias && { selfCheckBias: { never: bias.never, less: bias.less, normal: bias.normal, more: bias.more } }),
    skills: manifest.good_at.map(({ task, examples }) => ({ task, examples })),
    languages: manifest.languages,
  }
}

function fileOf({ path, bytes, sha256 }: Manifest['files'][number]): ModelFile {
  return { path, bytes, sha256 }
}

/**
 * The folder of a manifest, with a slash at the end.
 * @throws {ReflectionError} `manifest-invalid` when the address is not `<origin>/<path>/resolve/<revision>/<file>`: to any
 * other folder WebLLM would add `resolve/main/` and look for the files there.
 */
function folderOf(manifestUrl: string): string {
  const folder = URL.canParse(manifestUrl) ? new URL('.', manifestUrl) : undefined
  if (folder !== undefined && /^https?:$/.test(folder.protocol) && /\/resolve\/[^/]+\/$/.test(folder.pathname)) {
    return folder.href
  }
  throw new ReflectionError(
    'manifest-invalid',
    `The address of a manifest is ${manifestUrl}, but must be https://…/resolve/<revision>/manifest.json, with all files ` +
      'of the model in the same folder. Move the folder, or correct the address.',
    { details: { manifestUrl } },
  )
}
