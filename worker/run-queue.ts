/** What a run is told while it waits or goes on. */
export interface RunControl {
  cancelled: boolean
  answerNow: boolean
}

export interface RunQueue {
  /** Does the work when all before it has ended. */
  add<Result>(run: string, work: (control: RunControl) => Promise<Result>): Promise<Result>
  /**
   * Does some work while nobody asks, when all before it has ended. Anything that is added later, or a drain, cancels it: a run waits
   * only until the work has noticed.
   */
  addAside(work: (isCancelled: () => boolean) => Promise<void>): Promise<void>
  /** Tells a run, waiting or going on, to stop; unknown runs have ended. */
  cancel(run: string): void
  answerNow(run: string): void
  /** Stops all runs, and what is done aside; resolves when nothing goes on. */
  drain(): Promise<void>
}

/** One run at a time: a model has one KV cache. */
export function createRunQueue(): RunQueue {
  const controls = new Map<string, RunControl>()
  let aside: { cancelled: boolean } | undefined // what is done, or waits to be done, while nobody asks
  let last: Promise<unknown> = Promise.resolve()

  function add<Result>(run: string, work: (control: RunControl) => Promise<Result>): Promise<Result> {
    giveWay()
    const control = { cancelled: false, answerNow: false }
    controls.set(run, control)
    const result = last.then(() => work(control)).finally(() => controls.delete(run))
    last = result.catch(() => undefined)
    return result
  }

  function addAside(work: (isCancelled: () => boolean) => Promise<void>): Promise<void> {
    giveWay()
    const control = { cancelled: false }
    aside = control
    const result = last.then(() => (control.cancelled ? undefined : work(() => control.cancelled)))
    last = result.catch(() => undefined)
    return result
  }

  function giveWay(): void {
    if (aside !== undefined) aside.cancelled = true
  }

  return {
    add,
    addAside,
    cancel(run) {
      const control = controls.get(run)
      if (control !== undefined) control.cancelled = true
    },
    answerNow(run) {
      const control = controls.get(run)
      if (control !== undefined) control.answerNow = true
    },
    async drain() {
      giveWay()
      for (const control of controls.values()) control.cancelled = true
      await last
    },
  }
}
