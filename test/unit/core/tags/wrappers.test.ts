import { describe, expect, test } from 'vitest'
import { createTagStream, createTranscript, iterateTags, readTagged, type TagEvent } from '../../../../src/parser.ts'

const chunks = ['<think>a</th', 'ink>b ', '<']
const expected = readTagged(chunks, { dialect: 'think', finish: 'length' }).events

describe('the transform stream', () => {
  test('gives the events of the parser, with the reason known at the end', async () => {
    const stream = createTagStream({ dialect: 'think' }, () => 'length')
    expect(await collect(ReadableStream.from(chunks).pipeThrough(stream))).toEqual(expected)
  })

  test('finishes with stop by default', async () => {
    const events = await collect(ReadableStream.from(['a']).pipeThrough(createTagStream()))
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
  })

  test('refuses wrong options before it reads', () => {
    expect(() => createTagStream({ toolTags: ['x'] })).toThrow(TypeError)
  })
})

describe('the async generator', () => {
  test('gives the events of the parser, for plain and asynchronous sources', async () => {
    const options = { dialect: 'think' } as const
    expect(await collect(iterateTags(chunks, options, () => 'length'))).toEqual(expected)
    expect(await collect(iterateTags(slowly(chunks), options, () => 'length'))).toEqual(expected)
  })

  test('yields the events of a chunk before it asks for the next', async () => {
    const asked: number[] = []
    const events = iterateTags(slowly(['a', 'b'], (index) => asked.push(index)))
    await events.next()
    await events.next()
    expect(asked).toEqual([0])
    await events.next()
    expect(asked).toEqual([0, 1])
  })

  test('closes the source when the reader leaves', async () => {
    let closed = false
    for await (const event of iterateTags(slowly(['a', 'b'], undefined, () => (closed = true)))) {
      expect(event.type).toBe('text-start')
      break
    }
    expect(closed).toBe(true)
  })

  test('passes on an error of the source', async () => {
    async function* failing() {
      yield 'a'
      throw new Error('The line broke.')
    }
    await expect(collect(iterateTags(failing()))).rejects.toThrow('The line broke.')
  })
})

test('a transcript of events alone gives the snapshot of the parser', () => {
  const { events, ...snapshot } = readTagged(['<thinking>in <output> x</thinking>y<reflection>z</reflection>'])
  const transcript = createTranscript()
  for (const event of events) transcript.add(event)
  expect(transcript.snapshot()).toEqual(snapshot)
})

async function collect(source: AsyncIterable<TagEvent>): Promise<TagEvent[]> {
  const events: TagEvent[] = []
  for await (const event of source) events.push(event)
  return events
}

async function* slowly(items: string[], onAsk?: (index: number) => void, onEnd?: () => void) {
  try {
    for (const [index, item] of items.entries()) {
      onAsk?.(index)
      await new Promise((resolve) => setTimeout(resolve, 0))
      yield item
    }
  } finally {
    onEnd?.()
  }
}
