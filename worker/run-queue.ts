/** What a run is told while it waits or goes on. */
export interface RunControl {
  cancelled: boolean
  answerNow: boolean
}

export interface RunQueue {
  /** Does the work when all before it has ended. */
  add<Result>(run: string, work: (control: RunControl) => Promise<Result>): Promise<Result>
  /** Tells a run, waiting or going on, to stop; unknown runs have ended. */
  cancel(run: string): void
  answerNow(run: string): void
  /** Stops all runs; resolves when none goes on. */
  drain(): Promise<void>
}

/** One run at a time: a model has one KV cache. */
export function createRunQueue(): RunQueue {
  const controls = new Map<string, RunControl>()
  let last: Promise<unknown> = Promise.resolve()

  function add<Result>(run: string, work: (control: RunControl) => Promise<Result>): Promise<Result> {
    const control = { cancelled: false, answerNow: false }
    controls.set(run, control)
    const result = last.then(() => work(control)).finally(() => controls.delete(run))
    last = result.catch(() => undefined)
    return result
  }

  return {
    add,
    cancel(run) {
      const control = controls.get(run)
      if (control !== undefined) control.cancelled = true
    },
    answerNow(run) {
      const control = controls.get(run)
      if (control !== undefined) control.answerNow = true
    },
    async drain() {
      for (const control of controls.values()) control.cancelled = true
      await last
    },
  }
}
