import type { Engine, GenerateControl, GenerateRequest, RunEvent, Usage } from './engine.ts'

/**
 * A run as a sequence of its events. It begins with the first pull. Events wait for whoever takes long over one: the model writes on
 * meanwhile, and what can wait is bounded by what one reply can hold. Leaving the loop stops the run, and waits for its end.
 * @returns What the run cost, as the value of the generator.
 * @throws What `Engine.generate` throws, after the events that came before.
 */
export async function* streamRun(
  engine: Pick<Engine, 'generate'>,
  request: GenerateRequest,
  control: GenerateControl = {},
): AsyncGenerator<RunEvent, Usage, undefined> {
  const left = new AbortController()
  const signal = control.signal === undefined ? left.signal : AbortSignal.any([control.signal, left.signal])
  let waiting: RunEvent[] = []
  let isOver = false
  let wake = () => {}
  const take = (events: readonly RunEvent[]) => {
    for (const event of events) waiting.push(event)
    wake()
  }
  const end = () => {
    isOver = true
    wake()
  }
  const run = engine.generate(request, take, { ...control, signal })
  const settled = run.then(end, end)
  try {
    for (;;) {
      const next = waiting
      waiting = []
      yield* next
      if (waiting.length > 0) continue
      if (isOver) return await run
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    left.abort()
    await settled
  }
}
