import type { GgufHeader } from './gguf-header.ts'
import { isUnfinished, MOST_HEADER_BYTES, parseGguf } from './parse-gguf.ts'

/** A file whose bytes come when they are asked for: over the network, from a disk, from a store. */
export interface ByteSource {
  /** Of the whole file; absent as long as nobody has told. */
  readonly byteLength?: number | undefined
  /** Some bytes; fewer only where the file ends. @throws Whatever reading it throws. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** What is read first. The header of a small model fits; each further reading asks for four times as much. */
const FIRST_BYTES = 256 * 1024

/**
 * Reads as much of a GGUF file as its header takes, and no more than a few times that.
 * @throws {ReflectionError} `gguf-invalid`; and whatever the source throws.
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  let bytes = new Uint8Array()
  let wanted = FIRST_BYTES
  for (;;) {
    const more = await source.read(bytes.length, wanted - bytes.length)
    const joined = new Uint8Array(bytes.length + more.length)
    joined.set(bytes)
    joined.set(more, bytes.length)
    bytes = joined
    // A source that ended has told its length, whether it knew it or not.
    const fileBytes = bytes.length < wanted ? bytes.length : source.byteLength
    const result = parseGguf(bytes, fileBytes)
    if (!isUnfinished(result)) return result
    wanted = Math.min(MOST_HEADER_BYTES, Math.max(wanted * 4, result.needs))
  }
}
