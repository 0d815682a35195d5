import { expect, test } from 'vitest'
import { createPairedSink } from '../../../src/client/paired-sink.ts'
import type { RunEvent } from '../../../src/core/engine.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { createTagParser } from '../../../src/core/tags/create-tag-parser.ts'

function setUp() {
  const heard: RunEvent[] = []
  const batches: (readonly RunEvent[])[] = []
  const paired = createPairedSink((events) => {
    batches.push(events)
    heard.push(...events)
  })
  return { heard, batches, ...paired }
}

/** The events of a stream, the end of it apart. */
function eventsOf(raw: string) {
  const events: RunEvent[] = []
  const parser = createTagParser({ dialect: DIALECTS.reflection, keep: false }, (event) => events.push(event))
  parser.push(raw)
  const begun = events.length
  parser.finish('abort')
  return { begun: events.slice(0, begun), end: events.slice(begun) }
}

test('what comes is passed on as it is, batch by batch', () => {
  const { batches, send } = setUp()
  const { begun, end } = eventsOf('<thinking>a')
  send(begun)
  send(end)
  expect(batches).toEqual([begun, end])
})

test('a run that has finished gets nothing more', () => {
  const { heard, send, close } = setUp()
  const { begun, end } = eventsOf('<thinking>a</thinking><output>b</output>')
  send([...begun, ...end])
  close()
  expect(heard).toEqual([...begun, ...end])
})

test.each([
  '',
  '<thinking>a',
  '<thinking>a<reflection>b',
  '<thinking>a</thinking><output>b',
  'hello',
  '<output>a</output>',
])('after %j a run that broke off is ended as the parser would have', (raw) => {
  const { heard, send, close } = setUp()
  const { begun, end } = eventsOf(raw)
  send(begun)
  close()
  expect(heard).toEqual([...begun, ...end])
})

test('a run of which nothing came is a finish and nothing else', () => {
  const { heard, close } = setUp()
  close()
  expect(heard).toEqual([{ type: 'finish', reason: 'abort', unclosed: [] }])
})

test('after the end nothing is passed on, and the end comes once', () => {
  const { heard, send, close } = setUp()
  close()
  close()
  send(eventsOf('<thinking>a').begun)
  expect(heard).toHaveLength(1)
})
