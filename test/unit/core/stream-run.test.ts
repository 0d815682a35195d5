import { expect, test } from 'vitest'
import type { Engine, GenerateControl, RunEvent, RunSink, Usage } from '../../../src/core/engine.ts'
import { streamRun } from '../../../src/core/stream-run.ts'

const REQUEST = { messages: [{ role: 'user' as const, content: 'a' }] }
const USAGE = { finishReason: 'stop' } as Usage
const delta = (text: string): RunEvent =>
  ({ type: 'text-delta', id: '1', section: 'output', delta: text, start: 0, end: 0 }) as RunEvent

/** An engine whose run does what is said. */
function engineThat(generate: (sink: RunSink, signal: AbortSignal) => Promise<Usage>) {
  const control: GenerateControl[] = []
  const engine: Pick<Engine, 'generate'> = {
    generate(_, sink, given = {}) {
      control.push(given)
      return generate(sink, given.signal ?? new AbortController().signal)
    },
  }
  return { engine, control }
}

test('yields every event in its order, and what the run cost as its value', async () => {
  const { engine } = engineThat(async (sink) => {
    sink([delta('a'), delta('b')])
    await Promise.resolve()
    sink([delta('c')])
    return USAGE
  })
  const stream = streamRun(engine, REQUEST)
  const texts: unknown[] = []
  let next = await stream.next()
  for (; next.done !== true; next = await stream.next()) texts.push((next.value as { delta: string }).delta)
  expect(texts).toEqual(['a', 'b', 'c'])
  expect(next.value).toBe(USAGE)
})

test('begins nothing before the first pull', async () => {
  const { engine, control } = engineThat(async () => USAGE)
  const stream = streamRun(engine, REQUEST)
  await Promise.resolve()
  expect(control).toHaveLength(0)
  await stream.next()
  expect(control).toHaveLength(1)
})

test('lets the model write on while a reader takes long', async () => {
  let isDone = false
  const { engine } = engineThat(async (sink) => {
    for (let count = 0; count < 1000; count++) sink([delta(String(count))])
    isDone = true
    return USAGE
  })
  const stream = streamRun(engine, REQUEST)
  await stream.next()
  expect(isDone).toBe(true)
  let seen = 1
  for await (const _ of stream) seen += 1
  expect(seen).toBe(1000)
})

test('leaving the loop stops the run and waits for its end', async () => {
  let hasEnded = false
  const { engine } = engineThat(async (sink, signal) => {
    sink([delta('a')])
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    hasEnded = true
    throw signal.reason
  })
  for await (const _ of streamRun(engine, REQUEST)) break
  expect(hasEnded).toBe(true)
})

test('an abort rejects with the reason of the signal, after the events that came before', async () => {
  const abort = new AbortController()
  const { engine } = engineThat(async (sink, signal) => {
    sink([delta('a')])
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve))
    abort.abort(new Error('enough'))
    await stopped
    throw signal.reason
  })
  const seen: RunEvent[] = []
  const read = async () => {
    for await (const event of streamRun(engine, REQUEST, { signal: abort.signal })) seen.push(event)
  }
  await expect(read()).rejects.toThrow('enough')
  expect(seen).toHaveLength(1)
})
