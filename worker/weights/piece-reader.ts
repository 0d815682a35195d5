/** Bytes that are read at once. */
const READ_BYTES = 131_072

/**
 * Reads a stream of bytes piece after piece; what it gives counts until the next call. Where the browser can, always into the same memory, so that
 * gigabytes leave nothing behind that someone has to collect.
 */
export function pieceReader(
  stream: ReadableStream<Uint8Array> | null,
): () => Promise<{ done: boolean; value?: Uint8Array | undefined }> {
  if (stream === null) return async () => ({ done: true })
  let reader: ReadableStreamBYOBReader
  try {
    reader = stream.getReader({ mode: 'byob' })
  } catch {
    const usual = stream.getReader() // Safari has no other
    return () => usual.read()
  }
  let memory = new ArrayBuffer(READ_BYTES)
  return async () => {
    const { done, value } = await reader.read(new Uint8Array(memory))
    if (value !== undefined) memory = value.buffer
    return { done, value }
  }
}
