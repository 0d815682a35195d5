import type { FileToWrite, WeightStore } from './weight-store.ts'

/** Stores a file of this device as one that was fetched, piece after piece. @param onBytes - Told how many bytes each piece has. */
export async function writeBlob(
  content: Blob,
  file: FileToWrite,
  store: WeightStore,
  onBytes: (count: number) => void,
): Promise<void> {
  const writer = await store.begin(file)
  await writer.restart()
  const reader = content.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    await writer.write(value)
    onBytes(value.length)
  }
  await writer.finish()
}
