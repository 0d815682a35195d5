/** What threads tell each other, in memory that they share: which trial is on, how many have come to the end of a round, and how many rounds are over. */
const TRIAL = 0
const ARRIVED = 1
const ROUND = 2

/** Bytes of that memory. */
export const SHARED_BYTES = 12

/** Rounds of a trial, and multiplications of each: a tenth of a millisecond, as llama.cpp has between two places where its threads wait for each other. */
const ROUNDS = 120
const MULTIPLICATIONS = 96_000

/** After which a thread that waits gives up: the others are gone, or the device is far too busy for them. */
const PATIENCE_MS = 300

const SIZE = 4096
const weights = new Int8Array(SIZE).fill(3)
const activations = new Int8Array(SIZE).fill(5)

/** Lets the other threads begin their part of a trial. */
export function beginTrial(shared: Int32Array): void {
  Atomics.add(shared, TRIAL, 1)
  Atomics.notify(shared, TRIAL)
}

/** Blocks this thread until a trial begins. @param before How many have been. */
export function awaitTrial(shared: Int32Array, before: number): void {
  Atomics.wait(shared, TRIAL, before)
}

/**
 * One thread's part of a trial: its share of each round, at whose end all threads wait for each other without sleeping, as llama.cpp's do.
 * @returns Milliseconds from when all were there to the end of the last round; infinite when the others did not come.
 */
export function takePart(shared: Int32Array, threads: number): number {
  if (!waitForOthers(shared, threads)) return Infinity
  const begin = performance.now()
  for (let round = 0; round < ROUNDS; round += 1) {
    multiply(MULTIPLICATIONS / threads)
    if (!waitForOthers(shared, threads)) return Infinity
  }
  return performance.now() - begin
}

function waitForOthers(shared: Int32Array, threads: number): boolean {
  const round = Atomics.load(shared, ROUND)
  if (Atomics.add(shared, ARRIVED, 1) === threads - 1) {
    Atomics.store(shared, ARRIVED, 0)
    Atomics.add(shared, ROUND, 1)
    return true
  }
  const begin = performance.now()
  for (let turn = 1; Atomics.load(shared, ROUND) === round; turn += 1) {
    if (turn % 4096 === 0 && performance.now() - begin > PATIENCE_MS) return false
  }
  return true
}

function multiply(count: number): void {
  let sum = 0
  for (let done = 0; done < count; done += 1) {
    sum = (sum + Math.imul(weights[done % SIZE] ?? 0, activations[done % SIZE] ?? 0)) | 0
  }
  activations[0] = sum // what nobody uses is never computed
}
