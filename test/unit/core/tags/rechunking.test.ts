import { expect, test } from 'vitest'
import { logStream } from './support/checked-log.ts'
import { generateStream } from './support/generated-stream.ts'
import { createRandom, rechunk } from './support/random.ts'

const STREAMS = 20_000
const CUTS_PER_STREAM = 50
const SEED = 20_261_121

test(`a million re-chunkings give the events of the whole stream (seed ${SEED})`, () => {
  const random = createRandom(SEED)
  const seen = new Set<string>()
  let runs = 0
  let reclassified = 0
  for (let stream = 0; stream < STREAMS; stream++) {
    const { text, options, finish } = generateStream(random)
    const whole = logStream([text], options, finish)
    seen.add(whole)
    if (whole.includes('"reclassify"')) reclassified++
    for (let cut = 0; cut < CUTS_PER_STREAM; cut++, runs++) {
      const chunks = cut === 0 ? text.split('') : rechunk(text, random)
      const log = logStream(chunks, options, finish)
      if (log !== whole) {
        throw new Error(
          `Stream ${stream}, cut ${cut}: ${JSON.stringify({ chunks, options, finish })}\n${log}\nnot${whole}`,
        )
      }
    }
  }
  process.stdout.write(
    `${runs} re-chunkings of ${seen.size} different streams, ${reclassified} reclassified, seed ${SEED}\n`,
  )
  expect(runs).toBeGreaterThanOrEqual(1_000_000)
  expect(seen.size).toBeGreaterThan(STREAMS * 0.9)
  expect(reclassified).toBeGreaterThan(STREAMS * 0.02)
})
