/** What may wait to be collected, bytes. */
const MOST_WAITING = 16 * 2 ** 20

/** How much memory is asked for, bytes: so much that V8 looks what it can collect. None of it is touched, so none is taken. */
const ASKED = 128 * 2 ** 20

/** How long one waits for a collector, and how often: one that does not come must stop nothing. Milliseconds. */
const PAUSE = 10
const PAUSES = 40

let waiting = 0
const registry =
  'FinalizationRegistry' in globalThis
    ? new FinalizationRegistry((bytes: number) => (waiting = Math.max(0, waiting - bytes)))
    : undefined

/**
 * Waits until the garbage collector of this thread keeps up with what is no longer used. To it a Blob that was stored is an object of some bytes, while
 * the browser's own process holds what is in it until it is collected: of a download, which leaves little else behind, all of it.
 * @param bytes - What the browser holds for it.
 */
export async function collected(used: Blob | ArrayBufferLike, bytes: number): Promise<void> {
  if (registry === undefined) return
  registry.register(used, bytes)
  waiting += bytes
  for (let pauses = 0; waiting > MOST_WAITING; pauses++) {
    if (pauses === PAUSES) waiting = 0 // it will not come sooner for the next one
    else if (remind() === ASKED) await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/** @returns Bytes that there were; 0 where so many cannot be had. */
function remind(): number {
  try {
    return new ArrayBuffer(ASKED).byteLength
  } catch {
    return 0
  }
}
