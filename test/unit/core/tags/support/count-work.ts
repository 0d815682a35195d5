import { Session, type Profiler } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'

/** Counts the work that a function makes the code in a folder do. */
export type CountWork = (run: () => void) => number

/**
 * Begins to count the work of code: each character of its source, times how often it was executed, from V8's precise
 * coverage. Unlike time, the number is the same on every machine and under any load. What happens inside built-in
 * functions of strings is not counted. Code that V8 has just compiled miscounts, so the work is done again until two
 * counts agree; optimized code does, so the optimizer is off from here on, for the whole process.
 * @param folder - Counts scripts whose address has this in it. They must not have run before.
 */
export function startCountingWork(folder: string): CountWork {
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag)
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

  function takeCounts(): number {
    let work = 0 // `post` calls back before it returns
    session.post('Profiler.takePreciseCoverage', (_error, coverage) => {
      for (const script of coverage.result) {
        if (!script.url.includes(folder)) continue
        for (const { ranges } of script.functions) work += workOf(ranges)
      }
    })
    return work
  }

  return function countWork(run) {
    let last = -1
    for (let attempt = 0; attempt < 6; attempt++) {
      takeCounts() // sets the counters to zero
      run()
      const work = takeCounts()
      if (work === 0) throw new Error(`No script in ${folder} ran.`)
      if (work === last) return work
      last = work
    }
    throw new Error('The same work gave a different count each time.')
  }
}

/** A range's count holds for its characters but for those of the ranges in it, which come after it. */
function workOf(ranges: readonly Profiler.CoverageRange[]): number {
  let work = 0
  const around: Profiler.CoverageRange[] = []
  for (const range of ranges) {
    while ((around.at(-1)?.endOffset ?? Infinity) <= range.startOffset) around.pop()
    work += (range.count - (around.at(-1)?.count ?? 0)) * (range.endOffset - range.startOffset)
    around.push(range)
  }
  return work
}
