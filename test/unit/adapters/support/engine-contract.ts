import { describe, expect, test } from 'vitest'
import type { Engine, RunEvent } from '../../../../src/core/engine.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { readTagged } from '../../../../src/core/tags/read-tagged.ts'
import { expectOrder } from './expect-order.ts'

export interface EngineUnderTest {
  /** An engine that is ready. It replies with `text`, or ends after a few pieces with `length` when `maxTokens` is asked for. */
  readonly open: (text: string) => Promise<Engine>
  /** One that is ready and fails after `text`. */
  readonly openFailing: (text: string) => Promise<Engine>
}

const QUESTION = [{ role: 'user', content: 'What is 9 - 4?' } as const]
const REPLIES = [
  '<thinking>\n 9 - 4 = 6\n<reflection>\n No: 9 - 4 = 5.\n</reflection>\n So it is 5.\n</thinking>\n<output>It is 5.</output>',
  '<output>5</output>',
  'Just 5.',
]

/** One suite for every engine: what `core/engine.ts` promises of a run, whatever is underneath. */
export function describeEngine(name: string, { open, openFailing }: EngineUnderTest): void {
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
    expectOrder(events, 0)
    return { events, raw: rawOf(events), ...outcome }
  }

  describe(`${name}: the engine contract`, () => {
    test.each(REPLIES)('tells %j whole, in events that pair and end with finish', async (text) => {
      const { events, raw, usage } = (await ask(await open(text))) as { events: RunEvent[]; raw: string; usage: object }
      expect(raw).toBe(text)
      expect(readTagged([raw]).output).toBe(readTagged([text]).output)
      expect(usage).toMatchObject({ finishReason: 'stop' })
      expect(events.filter(({ type }) => type === 'usage')).toEqual([{ type: 'usage', usage }])
      expect(lastOf(events)).toMatchObject({ type: 'finish', reason: 'stop' })
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
      expect(lastOf(stopped.events)).toMatchObject({ type: 'finish', reason: 'abort' })
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
      expect(lastOf(events)).toMatchObject({ type: 'finish', reason: 'length' })
      expect(REPLIES[0]!.startsWith(raw)).toBe(true)
    })

    test('tells a failure in mid-stream with a typed error, after what was written', async () => {
      const begun = '<thinking>\n 9 - 4 = 6\n'
      const { events, raw, error } = (await ask(await openFailing(begun))) as Failed
      expect(ReflectionError.is(error)).toBe(true)
      expect(raw).not.toBe('')
      expect(begun.startsWith(raw)).toBe(true)
      expect(lastOf(events)).toMatchObject({ type: 'finish', reason: 'abort' })
      expect(lastOf(events)).toHaveProperty('unclosed')
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

interface Failed {
  readonly events: readonly RunEvent[]
  readonly raw: string
  readonly error?: unknown
}

/** But for how the run stands, which may be told once more. */
function lastOf(events: readonly RunEvent[]): RunEvent | undefined {
  return events.findLast(({ type }) => type !== 'progress')
}

/** The pieces of the raw reply, joined. */
function rawOf(events: readonly RunEvent[]): string {
  return events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')
}
