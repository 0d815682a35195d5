import type { EngineKind, RunsOn } from '../engine.ts'
import type { ModelDescription, ModelFile } from './model-description.ts'

/** The processor reads special tokens from it; everything else is in the GGUF file. */
const TOKENIZER = 'tokenizer.json'

/** What the processor reads its weights from, in order: one file, or all parts of a split one. Empty where the model runs on GPUs only. */
export function ggufFiles({ gguf, moreGguf = [] }: ModelDescription): readonly ModelFile[] {
  return gguf === undefined ? [] : [gguf, ...moreGguf]
}

/** Bytes of all of them. */
export function ggufBytes(model: ModelDescription): number {
  return ggufFiles(model).reduce((sum, { bytes }) => sum + bytes, 0)
}

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
    files: [...ggufFiles(model), ...(files ?? []).filter(({ path }) => path === TOKENIZER)],
    libraryUrl: new URL(gguf.path, model.folderUrl).href, // a processor takes no library; what is listed is fetched once
  }
}

/**
 * The files by which a stored model is whole: those of each engine that has all of its own.
 * @param noted Addresses of all its files that were ever wanted. Where the description does not list those of a GPU, they are what is noted beside
 * those of a processor.
 * @returns Their addresses; empty where no engine could run it.
 */
export function wholeFiles(
  model: ModelDescription,
  noted: readonly string[],
  isWhole: (address: string) => boolean,
): readonly string[] {
  const address = (path: string) => new URL(path, model.folderUrl).href
  const forProcessor = new Set(ggufFiles(model).map(({ path }) => address(path)))
  const takenBy = (engine: EngineKind): readonly string[] => {
    const { files, libraryUrl } = withFilesFor(model, engine)
    if (engine === 'processor' && model.gguf === undefined) return []
    if (files === undefined) return noted.filter((one) => !forProcessor.has(one))
    return [...files.map(({ path }) => address(path)), ...(libraryUrl === '' ? [] : [libraryUrl])]
  }
  const engines = [takenBy('gpu'), takenBy('processor')].filter((files) => files.length > 0 && files.every(isWhole))
  return [...new Set(engines.flat())]
}

/** Bytes that an engine takes; none where the model runs on a server. */
export function downloadBytesFor(model: ModelDescription, engine: RunsOn): number {
  if (engine !== 'processor') return model.downloadBytes
  return (withFilesFor(model, engine).files ?? []).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** How many stored bytes are all that an engine takes: sizes of models whose files nobody lists are estimates, so that a little less is all. */
export function wholeBytesFor(model: ModelDescription, engine: RunsOn): number {
  return downloadBytesFor(model, engine) * 0.95
}
