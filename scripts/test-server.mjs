/**
 * Asks a real server of OpenAI's protocol with the engine for servers: `npm run test:server`, after `npm run build:lib`. The server is that of
 * llama-cpp-python, which pip builds in some minutes (`pip install 'llama-cpp-python[server]'`; `PYTHON` names the Python that has it), with
 * the embedded model. No part of `npm test`, whose server replays.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, exit } from 'node:process'
import { REFLECTION_SYSTEM_PROMPT } from '../dist/lib/index.js'
import { createRemoteEngine, describeRemoteModel } from '../dist/lib/openai.js'
import { readTagged } from '../dist/lib/parser.js'
import { EMBEDDED_FOLDER } from './embedded-folder.mjs'

const MODEL = `${EMBEDDED_FOLDER}reflection-tiny.gguf`
const KEY = 'a key of this test'

/** How long the server may take to come up, milliseconds. */
const PATIENCE_MS = 120_000

const folder = mkdtempSync(join(tmpdir(), 'server-'))
const port = await freePort()
const address = `http://127.0.0.1:${port}/v1`
const server = startServer(join(folder, 'model.gguf'))
try {
  await ready()
  await checks()
  console.log('All of it is as it should be.')
} catch (error) {
  console.error(error)
  console.error(server.said().slice(-3000))
  process.exitCode = 1
} finally {
  server.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function checks() {
  const model = describeRemoteModel({ address, model: 'reflection-tiny' })
  const refusal = await failureOf(createRemoteEngine({ keyFor: () => 'wrong' }).load(model))
  expect('a wrong key', refusal, { code: 'server-refused', status: 401 })
  const engine = createRemoteEngine({ keyFor: () => KEY })
  const missing = await failureOf(engine.load(describeRemoteModel({ address, model: 'another' })))
  expect('a model that is not there', missing, { code: 'server-refused', status: 404 })

  const { limits } = await engine.load(model)
  console.log(`It is there; what it cannot do: ${limits?.join(', ')}.`)
  const whole = await ask(engine)
  const { thinking, output } = readTagged([whole.raw])
  expect('a reply', { finish: whole.finish, thinks: thinking !== '', answers: output !== '' }, { finish: 'stop', thinks: true, answers: true }) // oxfmt-ignore
  console.log(`It thought ${thinking.length} characters, and answered: ${output}`)

  const cut = await ask(engine, { maxTokens: 5 })
  expect('a reply that is cut', { finish: cut.finish, begins: whole.raw.startsWith(cut.raw) }, { finish: 'length', begins: true }) // oxfmt-ignore
  const stopping = new AbortController()
  const stopped = await ask(engine, {}, stopping)
  expect('a reply that is stopped', { finish: stopped.finish, begins: whole.raw.startsWith(stopped.raw) }, { finish: 'abort', begins: true }) // oxfmt-ignore
  expect('the reply after it', { raw: (await ask(engine)).raw }, { raw: whole.raw })
  engine.dispose()
}

/**
 * @param {ReturnType<typeof createRemoteEngine>} engine
 * @param {{ maxTokens?: number }} [options]
 * @param {AbortController} [stopping] Stops it in its thinking.
 */
async function ask(engine, options = {}, stopping) {
  let raw = ''
  let finish = ''
  const messages = /** @type {const} */ ([
    { role: 'system', content: REFLECTION_SYSTEM_PROMPT },
    { role: 'user', content: 'What is 47 * 38?' },
  ])
  const run = engine.generate(
    { messages, options: { temperature: 0, ...options } },
    (events) => {
      for (const event of events) {
        raw += 'delta' in event ? event.delta : 'raw' in event ? event.raw : ''
        if (event.type === 'finish') finish = event.reason
        if (event.type === 'reasoning-delta') stopping?.abort()
      }
    },
    stopping === undefined ? {} : { signal: stopping.signal },
  )
  await run.catch((/** @type {unknown} */ error) => {
    if (stopping === undefined) throw error
  })
  return { raw, finish }
}

/** @param {Promise<unknown>} work @returns {Promise<Record<string, unknown>>} */
async function failureOf(work) {
  try {
    await work
    return { code: 'none' }
  } catch (error) {
    const { code, details } = /** @type {{ code: string, details: object }} */ (error)
    return { code, ...details }
  }
}

/** @param {string} what @param {Record<string, unknown>} found @param {Record<string, unknown>} wanted */
function expect(what, found, wanted) {
  const wrong = Object.keys(wanted).filter((name) => found[name] !== wanted[name])
  if (wrong.length > 0) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`)
  console.log(`${what}: as it should be`)
}

/**
 * The tags of the embedded model are control tokens, which this server leaves out of what it tells (llama.cpp's own has `--special`): in this
 * copy they are tokens of the user's, which it tells.
 * @param {string} copy
 */
function startServer(copy) {
  const bytes = readFileSync(MODEL)
  const key = 'tokenizer.ggml.token_type'
  const values = bytes.indexOf(key) + key.length + 4 + 4 + 8 // after its type, that of its elements, and their number
  for (let id = 0; bytes.readInt32LE(values + 4 * id) === 3 || id < 5; id++) {
    if (id >= 5) bytes.writeInt32LE(4, values + 4 * id)
  }
  writeFileSync(copy, bytes)
  const options = ['--model', copy, '--host', '127.0.0.1', '--port', String(port), '--n_threads', '1']
  const named = ['--model_alias', 'reflection-tiny', '--api_key', KEY]
  const child = spawn(env['PYTHON'] ?? 'python3', ['-m', 'llama_cpp.server', ...options, ...named])
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  child.on('error', (error) => (said += error.message))
  return { said: () => said, stop: () => void child.kill(), hasEnded: () => child.exitCode !== null }
}

async function ready() {
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end && !server.hasEnded()) {
    const answer = await fetch(`${address}/models`).catch(() => undefined)
    if (answer !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  console.error(`The server did not come up. Is there one? pip install 'llama-cpp-python[server]'\n${server.said()}`)
  server.stop()
  rmSync(folder, { recursive: true, force: true })
  exit(1)
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const taken = probe.address()
      probe.close(() => resolve(typeof taken === 'object' && taken !== null ? taken.port : 0))
    })
  })
}
