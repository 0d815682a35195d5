import { readFileSync } from 'node:fs'
import { cpuUsage } from 'node:process'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../scripts/run-command.mjs'
import { number } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What an engine takes for a token at a hundred a second, microseconds: the adapters' share is told of that. */
const TOKEN_MICROSECONDS = 10_000

/** What the interfaces of other software cost a token, over an engine that takes no time. @type {import('../section.d.ts').Measure} */
export async function measureInterfaces({ isQuick }) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const code = await runCommand(npm, ['run', '--silent', 'build:lib'], { cwd: ROOT })
  if (code !== 0) throw new Error('The library could not be built; the lines above say why.')
  /** @type {typeof import('../../src/openai.ts')} */
  const { createFetch, createOpenAI } = await import(built('openai'))
  /** @type {typeof import('../../src/ai-sdk.ts')} */
  const { createLanguageModel } = await import(built('ai-sdk'))
  /** @type {typeof import('../../src/prompt-api.ts')} */
  const { createLanguageModelClass } = await import(built('prompt-api'))
  const { engine, tokens } = playingEngine()
  const messages = [{ role: /** @type {const} */ ('user'), content: 'What is 47 * 38?' }]
  const { chat, responses } = createOpenAI(engine)
  const answer = createFetch(engine)
  const model = createLanguageModel(engine)
  const session = createLanguageModelClass(engine, {
    model: /** @type {never} */ ({
      id: 'played',
      contextWindow: 1024,
      dialect: { thinking: 'thinking', reflection: 'reflection', output: 'output' },
    }),
  })
  const body = JSON.stringify({ model: 'any', messages, stream: true })
  const prompt = [
    {
      role: /** @type {const} */ ('user'),
      content: [{ type: /** @type {const} */ ('text'), text: 'What is 47 * 38?' }],
    },
  ]

  /** @type {Readonly<Record<string, () => Promise<unknown>>>} */
  const ways = {
    'the engine alone': () => engine.generate({ messages }, () => undefined),
    'Chat Completions, in chunks': async () => drain(await chat.completions.create({ messages, stream: true })),
    'Responses, in events': async () => drain(await responses.create({ input: 'What is 47 * 38?', stream: true })),
    'Chat Completions as a fetch, with its text': async () =>
      (await answer('http://engine.invalid/v1/chat/completions', { method: 'POST', body })).text(),
    'the AI SDK, in parts': async () => drain((await model.doStream({ prompt })).stream),
    'the Prompt API, in pieces': async () => drain((await session.create()).promptStreaming('What is 47 * 38?')),
  }
  const rounds = isQuick ? 3 : 15
  const runs = isQuick ? 20 : 200
  /** @type {Record<string, number[]>} */
  const micros = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const begin = cpuUsage()
      for (let count = 0; count < runs; count++) await run()
      const { user, system } = cpuUsage(begin)
      if (round > 0) micros[name]?.push((user + system) / runs / tokens) // the first round warms up
    }
  }
  const spreads = Object.fromEntries(Object.entries(micros).map(([name, values]) => [name, spreadOf(values)]))
  const alone = spreads['the engine alone']?.median ?? 0
  const rows = Object.entries(spreads)
    .filter(([name]) => name !== 'the engine alone')
    .map(([name, { median }]) => {
      const more = Math.max(0, median - alone)
      const value = `${number(more, 1)} µs a token: ${number((more / TOKEN_MICROSECONDS) * 100, 2)} %`
      return { what: `${name.charAt(0).toUpperCase()}${name.slice(1)}`, value, aim: 'below 2 %' }
    })
  return {
    result: { tokens, runs, rounds, microsecondsAToken: spreads },
    rows,
    notes: [
      'Processor time beyond that of an engine that plays a recorded reply at once, to whoever reads all of it, in Node; per cent of what a token takes at a hundred tokens a second.',
    ],
  }
}

/** The address of an entry of the library. @param {string} name */
function built(name) {
  return new URL(`../../dist/lib/${name}.js`, import.meta.url).href
}

/** Plays what the embedded model once said, batch by batch, without waiting. */
function playingEngine() {
  /** @type {{ batches: { events: import('../../src/core/engine.ts').RunEvent[] }[] }} */
  const { batches } = JSON.parse(
    readFileSync(new URL('../../test/fixtures/streams/corrects.json', import.meta.url), 'utf8'),
  )
  const usage = batches.flatMap(({ events }) => events).find((event) => event.type === 'usage')?.usage
  if (usage === undefined) throw new Error('The recording has no end.')
  /** @type {import('../../src/core/engine.ts').Engine['generate']} */
  const generate = async (_request, sink) => {
    for (const { events } of batches) {
      sink(events)
      await undefined // as batches come in tasks of their own, readers have their turn
    }
    return usage
  }
  const engine = /** @type {import('../../src/core/engine.ts').Engine} */ ({
    state: { status: 'ready', modelId: 'played' },
    generate,
    countTokens: async (/** @type {string} */ text) => text.length,
  })
  return { engine, tokens: usage.completionTokens }
}

/** @param {AsyncIterable<unknown>} stream */
async function drain(stream) {
  for await (const _ of stream);
}
