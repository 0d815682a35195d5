/**
 * Asks a model and prints what it thinks, checks and answers, without a display: `npm run ask -- "Which is larger, 9.9 or 9.11?"`.
 * It runs the built page's engine in headless Chromium.
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { argv, env, exit, stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { EMBEDDED, openHeadless, valueOf } from './headless-page.mjs'
import { createEventPrinter } from './print-events.mjs'
import { serveSite } from './start.mjs'

/**
 * @typedef {import('../src/core/engine.ts').RunEvent} RunEvent
 * @typedef {import('../src/core/engine.ts').GenerateOptions} GenerateOptions
 * @typedef {import('../src/core/engine.ts').LoadProgress} LoadProgress
 * @typedef {{
 *   secondThought: import('../src/protocol/headless.ts').Headless,
 *   emitEvents: (batch: readonly RunEvent[]) => Promise<void>,
 *   emitProgress: (progress: LoadProgress) => Promise<void>,
 * }} PageGlobals
 */

/** @type {import('../src/core/engine.ts').EngineChoice[]} */
const ENGINES = ['auto', 'gpu', 'processor']

const HELP = `Usage: npm run ask -- [options] "question"

  --file F          asks every line of F, in one load
  --json            prints one event a line, as the tag parser emits it, ending in "finish"
  --model M         id (default ${EMBEDDED}), folder that \`forge convert\` made, address of a manifest.json or
                    of a .gguf file, or <id>@<address of the weights you bring>
  --temperature T   0 (always the likeliest) to 2 (default: the model's)
  --seed N          whole number from 0; makes the answer repeatable
  --max-tokens N    most tokens of an answer
  --no-reflection   lets no self-check begin
  --system TEXT     instead of the Reflection system prompt; "" for none
  --engine E        gpu, processor, or auto (default): a real GPU that the model fits, else the processor
  --gpu             lets Chromium choose the GPU; without it, software plays one, which auto takes for none
  --help            prints this`

/** Where the page stands for which downloaded models are kept, as browsers keep them for one address. Neither `npm start` nor a system takes it by itself. */
const KEPT_PORT = 8047

/** A failure that the user can do something about: printed as one line. */
class AskError extends Error {}

/** Reads the command line. @param {string[]} parameters */
function readCommandLine(parameters) {
  let parsed
  try {
    parsed = parseArgs({
      args: parameters,
      allowPositionals: true,
      options: {
        file: { type: 'string' },
        json: { type: 'boolean', default: false },
        model: { type: 'string', default: EMBEDDED },
        temperature: { type: 'string' },
        seed: { type: 'string' },
        'max-tokens': { type: 'string' },
        'no-reflection': { type: 'boolean', default: false },
        system: { type: 'string' },
        engine: { type: 'string', default: 'auto' },
        gpu: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new AskError(`${error instanceof Error ? error.message : error} See --help.`)
  }
  const { values, positionals } = parsed
  const engine = ENGINES.find((name) => name === values.engine)
  if (engine === undefined)
    throw new AskError(`--engine is "${values.engine}", but must be one of: ${ENGINES.join(', ')}.`)
  const questions = values.file === undefined ? [positionals.join(' ')] : readQuestions(values.file)
  if (!values.help && questions.every((question) => question.trim() === '')) {
    throw new AskError('There is no question. Try: npm run ask -- "Which is larger, 9.9 or 9.11?"')
  }
  /** @type {GenerateOptions} */
  const options = {
    ...optionalNumber('temperature', '--temperature', values.temperature),
    ...optionalNumber('seed', '--seed', values.seed),
    ...optionalNumber('maxTokens', '--max-tokens', values['max-tokens']),
    ...(values['no-reflection'] ? { selfCheck: 'never' } : {}),
  }
  return { ...values, engine, questions, options }
}

/** @param {string} file @returns {string[]} */
function readQuestions(file) {
  let bytes
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new AskError(`Could not read ${file}: ${error instanceof Error ? error.message : error}`)
  }
  return textOf(bytes, file)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
}

/** @param {Uint8Array} bytes @param {string} file */
function textOf(bytes, file) {
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // said below
  }
  throw new AskError(`${file} is no text file. Give a text in UTF-8 with one question a line.`)
}

/** Whether a model is named by a place on this computer: a folder that is there, or what can be nothing but a path. @param {string} model */
function isFolder(model) {
  if (/^https?:|@https?:/i.test(model)) return false
  return /^[./~]|[\\/]/.test(model) || statSync(model, { throwIfNoEntry: false })?.isDirectory() === true
}

/** @param {string} name @param {string} flag @param {string | undefined} text */
function optionalNumber(name, flag, text) {
  if (text === undefined) return {}
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) throw new AskError(`${flag} wants a number, not "${text}".`)
  return { [name]: number }
}

/**
 * A page with the engine in it.
 * @param {string} url
 * @param {{ keepsFiles: boolean, gpu: boolean, engine: import('../src/core/engine.ts').EngineChoice }} options `keepsFiles`: for the next time, as a browser does; for models that were downloaded.
 */
async function openPage(url, { keepsFiles, gpu, engine }) {
  const say = (/** @type {string} */ line) => void stderr.write(`${line}\n`)
  const launch = gpu ? { say, realGpu: true } : { say }
  const { launchChromium, launchProfile } = await import('./launch-chromium.mjs') // it brings Playwright, which nobody waits for to read an error
  const profile = join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'second-thought', 'browser')
  const context = keepsFiles ? await launchProfile(profile, launch) : await (await launchChromium(launch)).newContext()
  const page = await openHeadless(context, url, engine)
  /** @type {Promise<void> | undefined} */
  let closing
  const closeAll = async () => {
    await context.close()
    await context.browser()?.close()
  }
  return { page, close: () => (closing ??= closeAll()) } // what is closed twice complains
}

/** Serves the page where the browser has what it downloaded before. */
async function serveKept() {
  try {
    return await serveSite({ port: KEPT_PORT })
  } catch (error) {
    const { code } = /** @type {{ cause?: NodeJS.ErrnoException }} */ (error).cause ?? {}
    if (code !== 'EADDRINUSE') throw error
    throw new AskError(
      `Port ${KEPT_PORT} is taken, the only one under which the browser finds models that it downloaded. End what listens there, or wait until another npm run ask is done.`,
      { cause: error },
    )
  }
}

async function main() {
  const { questions, options, json, model, gpu, engine, help, system } = readCommandLine(argv.slice(2))
  if (help) {
    stdout.write(`${HELP}\n`)
    return
  }
  const isForPeople = stderr.isTTY && !json
  const isLocal = isFolder(model)
  const keepsFiles = model !== EMBEDDED && !isLocal
  const site = keepsFiles ? await serveKept() : await serveSite({ port: 0, ...(isLocal ? { modelFolder: model } : {}) })
  const { page, close } = await openPage(site.url, { keepsFiles, gpu, engine })
  let isReadEnough = false // whoever read the answers has closed the pipe, as `head` does
  stdout.on('error', (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
    isReadEnough = true
    void close() // what goes on in the page ends with it
  })
  try {
    valueOf(await page.evaluate(checkInPage, options))
    /** @type {(event: RunEvent) => void} */
    let show = () => undefined
    await page.exposeFunction('emitEvents', (/** @type {RunEvent[]} */ batch) => batch.forEach((event) => show(event)))
    await page.exposeFunction('emitProgress', (/** @type {LoadProgress} */ { phase, share }) => {
      if (isForPeople) stderr.write(`\r${phase} ${Math.round(share * 100)} %   `)
    })
    const load = async (/** @type {string} */ name) => {
      const { secondThought, emitProgress } = /** @type {PageGlobals} */ (/** @type {unknown} */ (globalThis))
      return secondThought.load(name, (progress) => void emitProgress(progress))
    }
    valueOf(await page.evaluate(load, site.manifestUrl ?? model))
    if (isForPeople) stderr.write('\r                \r')

    for (const question of questions) {
      if (questions.length > 1 && !json) stdout.write(`> ${question}\n`)
      const print = createEventPrinter((text) => stdout.write(text), stdout.isTTY && env.NO_COLOR === undefined)
      show = json ? printJson : print
      const usage = valueOf(await page.evaluate(askInPage, { question, options, system }))
      if (!json) stderr.write(`${describeUsage(usage)}\n`)
    }
  } catch (error) {
    if (!isReadEnough) throw error
  } finally {
    await close()
    await site.close()
  }
}

/** Runs in the page. @param {GenerateOptions} options */
async function checkInPage(options) {
  const { secondThought } = /** @type {PageGlobals} */ (/** @type {unknown} */ (globalThis))
  return secondThought.check(options)
}

/** Runs in the page. @param {{ question: string, options: GenerateOptions, system: string | undefined }} request */
async function askInPage({ question, options, system }) {
  const { secondThought, emitEvents } = /** @type {PageGlobals} */ (/** @type {unknown} */ (globalThis))
  /** @type {Promise<void>[]} */
  const deliveries = []
  const outcome = await secondThought.ask(question, options, system, (batch) => deliveries.push(emitEvents(batch)))
  await Promise.all(deliveries) // else the last events could come after the outcome
  return outcome
}

/** The parser's events only: what the engine adds is for pages. @param {RunEvent} event */
function printJson(event) {
  if (['prompt', 'answer-forced', 'progress', 'checkpoint', 'usage'].includes(event.type)) return
  stdout.write(`${JSON.stringify(event)}\n`)
}

/** @param {import('../src/core/engine.ts').Usage} usage */
function describeUsage({ tokens, completionTokens, decodeTokensPerSecond, timeToFirstTokenMs, finishReason }) {
  const speed = decodeTokensPerSecond === undefined ? '' : `, ${decodeTokensPerSecond.toFixed(1)} tokens/s`
  const cut = finishReason === 'length' ? ', cut at the length limit' : ''
  return (
    `${completionTokens} tokens (thinking ${tokens.thinking}, reflections ${tokens.reflection}, answer ${tokens.output})` +
    `${speed}, first after ${(timeToFirstTokenMs / 1000).toFixed(1)} s${cut}`
  )
}

try {
  await main()
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message.split('\n')[0] : error}\n`)
  exit(1)
}
