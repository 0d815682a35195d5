import {
  describeProblem,
  fields,
  isRecord,
  list,
  optional,
  problemsOf,
  text,
  wholeNumber,
  yesOrNo,
} from '../../src/core/check-data.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import { descriptionProblems } from '../../src/core/models/description-problems.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { parseManifest } from '../../src/core/models/parse-manifest.ts'
import type { FileToWrite } from './weight-store.ts'

/** What describes an exported model, in its archive; the forge's folders have a `manifest.json`. */
export const EXPORT_FILE = 'second-thought.json'
export const MANIFEST_FILE = 'manifest.json'

const SCHEMA = 'second-thought.model'
const VERSION = 1

/** A file of an archive: where it belongs, and what it must be. */
export interface ArchivedFile extends FileToWrite {
  /** In the archive, beside the description. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  /** Whether the model is whole without it. */
  readonly isOptional?: boolean
}

/** A model and its files, as an archive describes them. */
export interface ModelArchive {
  readonly description: ModelDescription
  readonly files: readonly ArchivedFile[]
}

/** The description that goes into an archive, as JSON. */
export function writeArchive({ description, files }: ModelArchive): string {
  return `${JSON.stringify({ schema: SCHEMA, version: VERSION, description, files }, undefined, 2)}\n`
}

/**
 * Reads the description of an archive.
 * @param name - `second-thought.json` or `manifest.json`.
 * @param base - Address of the page: a model whose manifest says nothing of where it comes from is taken as one that stands beside it.
 * @throws {ReflectionError} `manifest-invalid`, `model-import-invalid`.
 */
export function readArchive(name: string, content: string, base: string): ModelArchive {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (cause) {
    throw refused(`${name} is not JSON`, cause)
  }
  return name === MANIFEST_FILE ? readManifest(value, base) : readExport(value)
}

function readManifest(value: unknown, base: string): ModelArchive {
  const { id, revision } = { ...(isRecord(value) ? value : {}) }
  const folder = `models/${encodeURIComponent(String(id))}/resolve/${encodeURIComponent(String(revision))}/`
  const description = parseManifest(value, new URL(`${folder}${MANIFEST_FILE}`, base).href)
  const { files = [], gguf } = description
  const all = [...files, ...(gguf === undefined ? [] : [gguf])].map(({ path, bytes, sha256 = '' }) => ({
    name: path,
    address: new URL(path, description.folderUrl).href,
    bytes,
    sha256,
    isOptional: path === gguf?.path, // a GPU needs no file for the processor
  }))
  return { description, files: all }
}

const FILES = list(
  fields<Omit<ArchivedFile, 'importedFor'>>({
    name: text(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'the plain name of a file'),
    address: text(/^https?:\/\/[^?#]+$/, 'an address'),
    bytes: wholeNumber(),
    sha256: text(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 lower-case hexadecimal digits'),
    isOptional: optional(yesOrNo),
  }),
  1,
)

function readExport(value: unknown): ModelArchive {
  const { schema, version, description, files } = { ...(isRecord(value) ? value : {}) }
  if (schema !== SCHEMA) throw refused(`${EXPORT_FILE} is not the description of a model`)
  if (version !== VERSION) throw refused(`${EXPORT_FILE} was written by a newer version of this page; update it`)
  const problems = [...descriptionProblems(description), ...problemsOf(files, FILES)]
  if (problems.length > 0) {
    throw refused(problems.map((problem) => describeProblem(problem, EXPORT_FILE)).join(' '))
  }
  const archive = { description: description as ModelDescription, files: files as readonly ArchivedFile[] }
  const { folderUrl, libraryUrl } = archive.description
  for (const { name, address } of archive.files) {
    const isInFolder = address.startsWith(folderUrl) && !address.slice(folderUrl.length).includes('/')
    if (!isInFolder && address !== libraryUrl) throw refused(`${name} belongs to another model`)
  }
  for (const key of ['name', 'address'] as const) {
    if (new Set(archive.files.map((file) => file[key])).size < archive.files.length) {
      throw refused(`${EXPORT_FILE} lists a file twice`)
    }
  }
  return archive
}

/** An archive or a folder that cannot be taken in. */
export function refused(why: string, cause?: unknown): ReflectionError {
  return new ReflectionError(
    'model-import-invalid',
    `This model cannot be imported: ${why.replace(/\.$/, '')}. Nothing of it was stored. Choose a .tar that this page exported, or all files of a model's folder with its manifest.json.`,
    cause === undefined ? {} : { cause },
  )
}
