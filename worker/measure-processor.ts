import type { ProcessorCapabilities } from '../src/core/engine.ts'
import { keptFindings } from './kept-findings.ts'
import { processorThreads } from './processor-threads.ts'

/**
 * A module that no browser accepts which cannot run llama.cpp as wllama 2.4.0 builds it: a memory of 64-bit addresses, and a function with a
 * vector of 128 bits.
 */
const PROBE = Uint8Array.from(
  (
    '00 61 73 6d 01 00 00 00 ' + // the magic word and version 1
    '01 04 01 60 00 00 03 02 01 00 ' + // a function without parameters and results
    '05 03 01 04 01 ' + // a memory with addresses of 64 bits, one page
    '0a 09 01 07 00 41 00 fd 0f 1a 0b'
  ) // i32.const 0, i8x16.splat, drop, end
    .split(' '),
  (byte) => Number.parseInt(byte, 16),
)

/** Multiplications of a pass: some five milliseconds. */
const COUNT = 4_000_000

/** A measurement is as many passes as the clock takes to move so far, milliseconds: browsers that tell the time coarsely do so in steps of 17 or 100. */
const LEAST_MS = 50

/** How often it is repeated. Whatever else the device does makes it slower, never faster. */
const TIMES = 3

/**
 * How many times as fast llama.cpp's vector instructions are as the plain multiplications of the measurement: SmolLM2-135M (Q4_1) wrote 14
 * tokens a second on one thread of the AMD EPYC where `npm run bench` measured the latter.
 */
const VECTOR_GAIN = 2

/** By which what was measured is kept. */
const NAME = 'weights-per-second'

/** It is made at so many visits: one that is made while the device is busy makes models seem slow, so the best of them counts. */
const MOST_VISITS = 4

let measured: Promise<number> | undefined

/** What the processor of this device offers. Measured once in the life of a worker. */
export async function readProcessor(): Promise<ProcessorCapabilities> {
  const isUsable = WebAssembly.validate(PROBE)
  if (!isUsable) return { isUsable, threads: 1 }
  const threads = await processorThreads()
  measured ??= keptFindings(NAME, MOST_VISITS, measure).then((found) => Math.max(...found))
  return { isUsable, threads, weightsPerSecond: await measured }
}

function measure(): number {
  const size = 4096 // fits into any cache
  const [weights, activations] = [new Int8Array(size).fill(3), new Int8Array(size).fill(5)]
  let best = Infinity // milliseconds of a pass
  let sum = 0
  for (let time = 0; time < TIMES; time += 1) {
    const before = performance.now()
    let [begin, now, passes] = [before, before, 0]
    while (now - begin < LEAST_MS) {
      for (let done = 0; done < COUNT; done += size) {
        for (let index = 0; index < size; index += 1) {
          sum = (sum + Math.imul(weights[index] ?? 0, activations[index] ?? 0)) | 0
        }
      }
      now = performance.now()
      if (begin === before) begin = now // passes count from a step of the clock on
      else passes += 1
    }
    best = Math.min(best, (now - begin) / passes)
  }
  activations[0] = sum // what nobody uses is never computed
  return (VECTOR_GAIN * COUNT * 1000) / best
}
