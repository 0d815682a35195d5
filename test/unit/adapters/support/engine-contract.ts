import { describe, expect, test } from 'vitest'
import type { Engine, RunEvent } from '../../../../src/core/engine.ts'
import { readTagged } from '../../../../src/core/tags/read-tagged.ts'

export interface EngineUnderTest {
  /** An engine that is ready. It replies with `text`, or ends after a few pieces with `length` when `maxTokens` is asked for. */
  readonly open: (text: string) => Promise<Engine>
}

const QUESTION = [{ role: 'user', content: 'What is 9 - 4?' } as const]
const REPLIES = [
  '<thinking>\n 9 - 4 = 6\n<reflection>\n No: 9 - 4 = 5.\n</reflection>\n So it is 5.\n</thinking>\n<output>It is 5.</output>',
  '<output>5</output>',
  'Just 5.',
]

/** One suite for every engine: what `core/engine.ts` promises of a run, whatever is underneath. */
export function describeEngine(name: string, { open }: EngineUnderTest): void {
  async function ask(engine: Engine, options = {}, signal?: AbortSignal, onEvent?: (event: RunEvent) => void) {
    const events: RunEvent[] = []
    const run = engine.generate(
      { messages: QUESTION, options },
      (batch) => {
        events.push(...batch)
        if (onEvent !== undefined) batch.forEach(onEvent)
      },
      signal === undefined ? {} : { signal },
    )
    const outcome = await run.then(
      (usage) => ({ usage }),
      (error: unknown) => ({ error }),
    )
    expectOrder(events)
    return { events, raw: rawOf(events), ...outcome }
  }

  describe(`${name}: the engine contract`, () => {
    test.each(REPLIES)('tells %j whole, in events that pair and end with finish', async (text) => {
      const { events, raw, usage } = (await ask(await open(text))) as { events: RunEvent[]; raw: string; usage: object }
      expect(raw).toBe(text)
      expect(readTagged([raw]).output).toBe(readTagged([text]).output)
      expect(usage).toMatchObject({ finishReason: 'stop' })
      expect(events.filter(({ type }) => type === 'usage')).toEqual([{ type: 'usage', usage }])
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
    })

    test('is ready before and after a run, and running in it', async () => {
      const engine = await open(REPLIES[0]!)
      const states: string[] = []
      engine.subscribe(({ status }) => states.push(status))
      await ask(engine)
      expect(states).toEqual(['running', 'ready'])
      expect((await engine.stats()).runs).toBe(1)
    })

    test('stops when it is told to, with what was written and the reason of the signal, and goes on with the next', async () => {
      const engine = await open(REPLIES[0]!)
      const stopping = new AbortController()
      const reason = new DOMException('enough', 'AbortError')
      const stopped = await ask(engine, {}, stopping.signal, (event) => {
        if (event.type === 'reasoning-delta' && event.delta.includes('4')) stopping.abort(reason)
      })
      expect(stopped).toMatchObject({ error: reason })
      expect(stopped.events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
      expect(stopped.raw).not.toBe('')
      expect(REPLIES[0]!.startsWith(stopped.raw)).toBe(true)
      expect((await ask(engine)).raw).toBe(REPLIES[0])
    })

    test('does not begin when it was told to stop before', async () => {
      const refused = ask(await open(REPLIES[0]!), {}, AbortSignal.abort(new Error('never')))
      expect(await refused).toMatchObject({ events: [], error: new Error('never') })
    })

    test('ends at the limit with length', async () => {
      const { events, raw } = await ask(await open(REPLIES[0]!), { maxTokens: 4 })
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'length' })
      expect(REPLIES[0]!.startsWith(raw)).toBe(true)
    })

    test('lets runs wait for each other', async () => {
      const engine = await open('<output>5</output>')
      const order: number[] = []
      await Promise.all([1, 2, 3].map((run) => ask(engine).then(() => order.push(run))))
      expect(order).toEqual([1, 2, 3])
    })

    test('refuses what makes no sense, and goes on', async () => {
      const engine = await open('<output>5</output>')
      expect(await ask(engine, { temperature: 9 })).toMatchObject({ error: { code: 'request-invalid' } })
      expect((await ask(engine)).raw).toBe('<output>5</output>')
    })
  })
}

/** The pieces of the raw reply, joined. */
function rawOf(events: readonly RunEvent[]): string {
  return events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')
}

/** Throws where starts and ends do not pair, where a piece does not follow the one before it, or where anything follows the end. */
function expectOrder(events: readonly RunEvent[]): void {
  const open: string[] = []
  let at = 0
  for (const [index, event] of events.entries()) {
    if (event.type === 'reasoning-start' || event.type === 'text-start') open.push(event.id)
    if (event.type === 'reasoning-end' || event.type === 'text-end') {
      if (open.pop() !== event.id) throw new Error(`${event.id} ends, but is not the innermost`)
    }
    if ('delta' in event || event.type === 'markup') {
      if (event.start !== at) throw new Error(`a piece begins at ${event.start} instead of ${at}`)
      at = event.end
    }
    if (event.type === 'finish' && events.slice(index + 1).some(({ type }) => type !== 'progress')) {
      throw new Error('something follows the end')
    }
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} never end`)
}
