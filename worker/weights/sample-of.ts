import { sha256Of } from './sha256.ts'

/** Files up to this size are sampled whole, bytes. */
const SMALL = 262_144

/** Of larger ones, how many slices, and how many bytes each: a model of a gigabyte is looked at in a moment. */
const SLICES = 16
const SLICE_BYTES = 4096

/** SHA-256 of some bytes of a file, from its first to its last: what was overwritten as a whole, cut or emptied shows in it. */
export async function sampleOf(file: Blob): Promise<string> {
  return sha256Of(await (file.size <= SMALL ? file : slicesOf(file)).arrayBuffer())
}

function slicesOf(file: Blob): Blob {
  const step = (file.size - SLICE_BYTES) / (SLICES - 1)
  const starts = Array.from({ length: SLICES }, (_, index) => Math.floor(index * step))
  return new Blob(starts.map((start) => file.slice(start, start + SLICE_BYTES)))
}
