/** A plain file or a folder in a tar file. */
export interface TarEntry {
  readonly name: string
  readonly isFolder: boolean
  /** Its bytes, which are read by whoever wants them: a slice of the archive. */
  readonly content: Blob
}

const BLOCK = 512

/** Names that do not fit into a header stand in blocks of their own; what is larger is none, bytes. */
const LONGEST_NAME = 65_536

/** More entries than any model has. */
const MOST_ENTRIES = 100_000

/**
 * The entries of a tar file (ustar, pax, GNU) in their order. Only headers are read; so a library that streams, and reads every byte twice to
 * find the description first, would serve less well.
 * @throws {Error} When it is no tar file, ends early, or holds anything but files and folders.
 */
export async function* tarEntries(archive: Blob): AsyncGenerator<TarEntry> {
  let longName: string | undefined
  let longSize: number | undefined
  let count = 0
  for (let at = 0; ;) {
    if (at + BLOCK > archive.size) throw new Error('the archive ends early, or is none')
    const header = new Uint8Array(await archive.slice(at, at + BLOCK).arrayBuffer())
    if (header.every((byte) => byte === 0)) break
    if (++count > MOST_ENTRIES) throw new Error('the archive has too many entries')
    checkSum(header)
    const type = String.fromCharCode(header[156] ?? 0)
    const name = longName ?? nameIn(header)
    const size = longSize ?? sizeIn(header)
    const start = at + BLOCK
    if (!Number.isSafeInteger(size) || size < 0 || start + size > archive.size) {
      throw new Error(`${JSON.stringify(name.slice(0, 80))} says that it has ${size} bytes, more than the archive`)
    }
    const content = archive.slice(start, start + size)
    at = start + Math.ceil(size / BLOCK) * BLOCK
    if (type === 'L' || type === 'x') {
      if (size > LONGEST_NAME) throw new Error('the archive has a name that is too long')
      const text = await content.text()
      if (type === 'L') longName = beforeNull(text)
      else ({ name: longName = longName, size: longSize } = paxRecords(text))
      continue
    }
    longName = undefined
    longSize = undefined
    if (type === 'g') continue // of the whole archive: times and comments
    if (type !== '0' && type !== '\0' && type !== '5') {
      throw new Error(`${JSON.stringify(name.slice(0, 80))} is a link or a device, not a file`)
    }
    yield { name, isFolder: type === '5' || name.endsWith('/'), content }
  }
  if (count === 0) throw new Error('the archive is empty')
}

function checkSum(header: Uint8Array): void {
  const sum = header.reduce((before, byte, index) => before + (index >= 148 && index < 156 ? 32 : byte), 0)
  if (sum !== octalIn(header, 148, 8)) throw new Error('it is no archive, or a damaged one')
}

function nameIn(header: Uint8Array): string {
  const name = textIn(header, 0, 100)
  const prefix = textIn(header, 257, 5) === 'ustar' && header[262] === 0 ? textIn(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** In octal digits, or where those do not do (GNU), in binary after a first bit. */
function sizeIn(header: Uint8Array): number {
  if (((header[124] ?? 0) & 0x80) === 0) return octalIn(header, 124, 12)
  return header.slice(125, 136).reduce((value, byte) => value * 256 + byte, 0)
}

function octalIn(header: Uint8Array, start: number, length: number): number {
  const text = textIn(header, start, length).trim()
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : NaN
}

function textIn(header: Uint8Array, start: number, length: number): string {
  return beforeNull(new TextDecoder().decode(header.subarray(start, start + length)))
}

/** Lines such as `27 path=long/name.bin`, of which only name and size concern us. */
function paxRecords(text: string): { name?: string; size?: number } {
  const [, name] = /^\d+ path=(.*)$/m.exec(text) ?? []
  const [, size] = /^\d+ size=(\d+)$/m.exec(text) ?? []
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) }
}

/** What stands before the first zero, which fills up a field. */
function beforeNull(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
