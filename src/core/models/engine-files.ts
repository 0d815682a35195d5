import type { EngineKind } from '../engine.ts'
import type { ModelDescription } from './model-description.ts'

/** The processor reads special tokens from it; everything else is in the GGUF file. */
const TOKENIZER = 'tokenizer.json'

/**
 * A model as one engine sees it: with the files that this engine takes and no others.
 * @param engine Absent for the files of all engines.
 */
export function withFilesFor(model: ModelDescription, engine?: EngineKind): ModelDescription {
  const { gguf, files } = model
  if (engine === 'gpu' || gguf === undefined) return model
  if (engine === undefined) {
    if (files === undefined || files.some(({ path }) => path === gguf.path)) return model
    return { ...model, files: [...files, gguf] }
  }
  return {
    ...model,
    files: [gguf, ...(files ?? []).filter(({ path }) => path === TOKENIZER)],
    libraryUrl: new URL(gguf.path, model.folderUrl).href, // a processor takes no library; what is listed is fetched once
  }
}

/** Bytes that an engine takes. */
export function downloadBytesFor(model: ModelDescription, engine: EngineKind): number {
  if (engine === 'gpu') return model.downloadBytes
  return (withFilesFor(model, engine).files ?? []).reduce((sum, { bytes }) => sum + bytes, 0)
}
