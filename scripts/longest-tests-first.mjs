import { basename } from 'node:path'
import { BaseSequencer } from 'vitest/node'

/** Files that take much longer than most, though they are small. Begun last, one of them would keep one processor at work and leave the others without. */
const LONG = new Set(['rechunking.test.ts', 'performance-cases.test.ts', 'linear-work.test.ts'])

/** Begins with the files that take longest; the others come in the order that vitest chooses, which on a first run is that of their sizes. */
export class LongestTestsFirst extends BaseSequencer {
  /** @override @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    const isLong = (/** @type {import('vitest/node').TestSpecification} */ { moduleId }) => LONG.has(basename(moduleId))
    const sorted = await super.sort(files) // oxlint-disable-line unicorn/no-array-sort -- it is vitest's, and no array's
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
