import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../../../src/core/engine.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { readTagged } from '../../../../src/core/tags/read-tagged.ts'
import {
  createScriptedEngine,
  SCRIPTED_MODEL,
  type Recording,
  type ScriptedReply,
} from '../../../fakes/scripted-engine.ts'

/** What an adapter's user is told of one reply. */
export interface ToldReply {
  /** In their order; parts of one channel that follow each other are apart. */
  readonly parts: readonly { readonly channel: 'thinking' | 'reflection' | 'output'; readonly text: string }[]
  readonly end: 'stop' | 'length' | 'abort' | 'failed'
  /** Of a failure. */
  readonly message?: string
  readonly reasoningTokens?: number
}

export interface AskOptions {
  readonly signal?: AbortSignal
  readonly stop?: readonly string[]
  /** Told of each piece of text as it comes. */
  readonly onText?: (text: string) => void
}

/** One interface, asked in its own words. Whole or streamed, the same must come. */
export interface AdapterUnderTest {
  readonly stream: (engine: Engine, question: string, options?: AskOptions) => Promise<ToldReply>
  readonly whole: (engine: Engine, question: string, options?: AskOptions) => Promise<ToldReply>
  /** Whether the interface has a way to tell checks from thinking. */
  readonly marksChecks: boolean
  /** Whether the interface has thinking at all. */
  readonly hasThinking: boolean
}

const REFLECTED =
  '<thinking>\n 9 - 4 = 6\n<reflection>\n No: 9 - 4 = 5.\n</reflection>\n So it is 5.\n</thinking>\n<output>It is 5.</output>'

const REPLIES: Readonly<Record<string, string>> = {
  'a reply that checks itself': REFLECTED,
  'two answers': '<thinking>a</thinking><output>one</output>\n<output> two </output>',
  'an answer alone': '<output>\n  5  \n</output>',
  'an answer without tags': 'Just 5, of course: 4 < 5.',
  'thinking alone': '<thinking>\n hm \n',
  nothing: '',
  'blocks that are empty': '<thinking>\n</thinking><output> </output>',
  'an answer with tags of others': '<thinking>x</thinking>\n<output><b>5</b> <think>no</think></output>',
}

/** One suite for every adapter: the same conversation in, the same channels out, whatever the interface calls them. */
export function describeAdapter(name: string, adapter: AdapterUnderTest): void {
  const engineWith = async (...replies: (string | ScriptedReply)[]) => {
    const engine = createScriptedEngine({ replies })
    await engine.load(SCRIPTED_MODEL)
    return engine
  }
  const expected = (text: string) => {
    const { thinking, reflections, output } = readTagged([text])
    return { thinking, reflections, output }
  }
  /** By channel, as far as the interface tells them apart. */
  const channelsOf = ({ parts }: ToldReply) => {
    const of = (channel: string) => parts.filter((part) => part.channel === channel).map(({ text }) => text)
    return { thinking: of('thinking').join('\n'), reflections: of('reflection'), output: of('output').join('\n') }
  }
  const expectChannels = (told: ToldReply, text: string) => {
    const { thinking, reflections, output } = expected(text)
    const found = channelsOf(told)
    expect(found.output).toBe(output)
    if (!adapter.hasThinking) return
    if (adapter.marksChecks) expect(found).toEqual({ thinking, reflections, output })
    else expect(found.thinking).toBe(reasoningOf(text))
  }

  describe(`${name}: the adapter contract`, () => {
    test.each(Object.entries(REPLIES))('tells the channels of %s, streamed', async (_, text) => {
      const told = await adapter.stream(await engineWith(text), 'What is 9 - 4?')
      expectChannels(told, text)
      expect(told.end).toBe('stop')
    })

    test.each(Object.entries(REPLIES))('tells the channels of %s, whole', async (_, text) => {
      const told = await adapter.whole(await engineWith(text), 'What is 9 - 4?')
      expectChannels(told, text)
      expect(told.end).toBe('stop')
    })

    test('knows of a whole reply what turned out to be thinking', async () => {
      const text = '9 - 4 = 5\n</thinking>\n<output>It is 5.</output>'
      const told = await adapter.whole(await engineWith(text), 'What is 9 - 4?')
      expect(expected(text)).toEqual({ thinking: '9 - 4 = 5', reflections: [], output: 'It is 5.' })
      expect(channelsOf(told).output).toBe('It is 5.')
    })

    test('tells what a real model wrote', async () => {
      const recording: Recording = JSON.parse(
        readFileSync(new URL('../../../fixtures/streams/corrects.json', import.meta.url), 'utf8'),
      )
      const told = await adapter.stream(await engineWith({ text: '', recording }), 'What is 47 * 38?')
      const events = recording.batches.flatMap(({ events: batch }) => batch)
      const raw = events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')
      expectChannels(told, raw)
      const { thinking, reflection } = events.find((event) => event.type === 'usage')!.usage.tokens
      expect([thinking + reflection, undefined]).toContain(told.reasoningTokens)
    })

    test('says that the length ended a reply', async () => {
      const engine = await engineWith({ text: '<thinking>a</thinking><output>begun', finishReason: 'length' })
      const told = await adapter.stream(engine, 'Hi')
      expect(told.end).toBe('length')
      expect(channelsOf(told).output).toBe('begun')
      const again = await adapter.whole(await engineWith({ text: '<output>begun', finishReason: 'length' }), 'Hi')
      expect(again.end).toBe('length')
    })

    test('ends in mid-stream when it is aborted, and keeps what was told', async () => {
      const aborting = new AbortController()
      const engine = await engineWith(REFLECTED)
      const told = await adapter.stream(engine, 'Hi', {
        signal: aborting.signal,
        onText: (text) => {
          if (text.includes('It')) aborting.abort(new DOMException('enough', 'AbortError'))
        },
      })
      expect(told.end).toBe('abort')
      expect(channelsOf(told).output).toMatch(/^It/)
      await expect.poll(() => engine.state.status).toBe('ready')
    })

    test('passes an error on with its words, after what was told', async () => {
      const error = new ReflectionError('device-lost', 'The GPU was taken away.')
      const told = await adapter.stream(await engineWith({ text: '<thinking>a</thinking><output>half', error }), 'Hi')
      expect(told.end).toBe('failed')
      expect(told.message).toContain('The GPU was taken away.')
      expect(channelsOf(told).output).toBe('half')
      const failed = await adapter.whole(await engineWith({ text: 'x', error }), 'Hi')
      expect(failed).toMatchObject({ end: 'failed', message: expect.stringContaining('The GPU was taken away.') })
    })
  })
}

/** Thinking and checks in their order, a line for each part. */
function reasoningOf(text: string): string {
  const { events } = readTagged([text])
  const kinds = new Set<string>()
  const lines: string[] = []
  let isApart = true
  for (const event of events) {
    if (event.type === 'reasoning-start') kinds.add(event.id)
    if (event.type === 'markup') isApart = true
    if (event.type !== 'reasoning-delta') continue
    if (isApart) lines.push('')
    isApart = false
    lines[lines.length - 1] += event.delta
  }
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}
