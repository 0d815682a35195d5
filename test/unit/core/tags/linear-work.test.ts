import { expect, test } from 'vitest'
import { createTagParser } from '../../../../src/parser.ts'
import { startCountingWork } from './support/count-work.ts'
import { cut, generate, performanceCases } from './support/performance-cases.ts'

const countWork = startCountingWork('/src/core/')
const KIB = 1024

test.each(performanceCases)('$name: four times the text is four times the work', ({ dialect, generator }) => {
  for (const chunkSize of new Set([generator.chunkSize, 3, 1 << 20])) {
    const work = (length: number) => {
      const text = generate(generator, length)
      return countWork(() => {
        const parser = createTagParser({ dialect }, () => undefined)
        for (const chunk of cut(text, chunkSize)) parser.push(chunk)
        parser.finish()
        parser.snapshot()
      })
    }
    const [large, small] = [work(32 * KIB), work(8 * KIB)]
    expect(large / small, `work in chunks of ${chunkSize}`).toBeLessThan(4.05)
    expect(small, 'characters are read').toBeGreaterThan(KIB)
  }
})
