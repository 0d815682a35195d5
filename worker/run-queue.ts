/** What a run is told while it waits or goes on. */
export interface RunControl {
  cancelled: boolean
  answerNow: boolean
}

export interface RunQueue {
  /**
   * Does the work when all before it has ended.
   * @param unbegun - What a run comes to that is told to stop before its turn: it leaves the queue at once.
   */
  add<Result>(run: string, work: (control: RunControl) => Promise<Result>, unbegun: Result): Promise<Result>
  /**
   * Does some work while nobody asks, when all before it has ended. Anything that is added later, or a drain, cancels it: a run waits
   * only until the work has noticed.
   */
  addAside(work: (isCancelled: () => boolean) => Promise<void>): Promise<void>
  /** Tells a run, waiting or going on, to stop; unknown runs have ended. @returns Whether it goes on until it notices. */
  cancel(run: string): boolean
  answerNow(run: string): void
  /** Stops all runs, and what is done aside; resolves when nothing goes on. */
  drain(): Promise<void>
}

interface Run {
  readonly control: RunControl
  /** Ends its waiting for good; absent once its turn has come. */
  leave?: (() => void) | undefined
}

/** One run at a time: a model has one KV cache. */
export function createRunQueue(): RunQueue {
  const runs = new Map<string, Run>()
  let aside: { cancelled: boolean } | undefined // what is done, or waits to be done, while nobody asks
  let last: Promise<unknown> = Promise.resolve()

  function add<Result>(name: string, work: (control: RunControl) => Promise<Result>, unbegun: Result): Promise<Result> {
    giveWay()
    const control = { cancelled: false, answerNow: false }
    const run: Run = { control }
    runs.set(name, run)
    const left = new Promise<Result>((resolve) => (run.leave = () => resolve(unbegun)))
    const turn = last.then(() => {
      run.leave = undefined
      return control.cancelled ? unbegun : work(control)
    })
    last = turn.catch(() => undefined)
    return Promise.race([left, turn]).finally(() => runs.delete(name))
  }

  /** @returns Whether it goes on until it notices. */
  function stop({ control, leave }: Run): boolean {
    control.cancelled = true
    leave?.()
    return leave === undefined
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
    cancel(name) {
      const run = runs.get(name)
      return run !== undefined && stop(run)
    },
    answerNow(name) {
      const run = runs.get(name)
      if (run !== undefined) run.control.answerNow = true
    },
    async drain() {
      giveWay()
      runs.forEach(stop)
      await last
    },
  }
}
