import { ReflectionError } from '../../src/core/errors.ts'
import { wholeFiles } from '../../src/core/models/engine-files.ts'
import { EXPORT_FILE, writeArchive, type ArchivedFile } from './model-archive.ts'
import type { WeightStore } from './weight-store.ts'

/** Of a tar file, bytes. */
const BLOCK = 512

/** The most that the size in a plain tar header can say, bytes. */
const LARGEST_FILE = 8 ** 11 - 1

/**
 * A stored model as a `.tar` file: its description, then the files of each engine that has all of its own. The Blob refers to what is stored; no bytes are read before someone reads
 * them from it.
 * @throws {ReflectionError} `model-not-loaded` when it is not stored whole, or is a GGUF file, which one has as a file already.
 */
export async function exportModel(folderUrl: string, store: WeightStore): Promise<Blob> {
  const model = (await store.models()).find((known) => known.description.folderUrl === folderUrl)
  const files: ArchivedFile[] = []
  const contents: Blob[] = []
  const known = await store.files()
  const isWhole = (address: string) => known.get(address)?.isComplete === true
  const addresses = model === undefined ? [] : wholeFiles(model.description, model.addresses, isWhole)
  for (const address of addresses) {
    const [record, content] = [known.get(address), await store.open(address)]
    if (record?.sha256 === undefined || content === undefined || content.size > LARGEST_FILE) throw notWhole()
    if (record.importedFor?.includes(folderUrl) === false) throw notWhole() // what another one brought is none of its own
    const plain = address.slice(address.lastIndexOf('/') + 1)
    const name = files.some((file) => file.name === plain) ? `library-${plain}` : plain
    files.push({ name, address, bytes: content.size, sha256: record.sha256 })
    contents.push(content)
  }
  if (model === undefined || files.length === 0 || model.description.imported !== undefined) throw notWhole()
  const description = new Blob([writeArchive({ description: model.description, files })])
  const entries = [
    ...entry(EXPORT_FILE, description),
    ...contents.flatMap((content, index) => entry(files[index]?.name ?? '', content)),
  ]
  return new Blob([...entries, new Uint8Array(2 * BLOCK)], { type: 'application/x-tar' })
}

function notWhole(): ReflectionError {
  return new ReflectionError('model-not-loaded', 'Only a model that is stored whole can be exported. Load it first.')
}

function entry(name: string, content: Blob): BlobPart[] {
  return [header(name, content.size), content, new Uint8Array((BLOCK - (content.size % BLOCK)) % BLOCK)]
}

/** A header of the format `ustar`, for a plain file that everybody may read. */
function header(name: string, size: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK)
  const write = (text: string, at: number) => block.set(new TextEncoder().encode(text), at)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  write(name, 0)
  write(octal(0o644, 7), 100)
  write(octal(0, 7), 108) // owner
  write(octal(0, 7), 116) // group
  write(octal(size, 11), 124)
  write(octal(0, 11), 136) // a time of its own would make every export another file
  write(' '.repeat(8), 148) // the checksum counts its own place as blanks
  write('0', 156)
  write('ustar', 257)
  write('00', 263) // its version
  const sum = block.reduce((before, byte) => before + byte, 0)
  write(`${octal(sum, 6)}\0 `, 148)
  return block
}
