/**
 * Asks one GGUF file twenty questions on the GPU (or the software that plays it) and on the processor, both in the built page's engine, and sets the answers and the
 * likelihoods of their tokens side by side: `npm run compare -- model.gguf`. `--help` lists the options.
 */
import { createReadStream, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename } from 'node:path'
import { argv, exit, stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sirv from 'sirv'
import { openHeadless, valueOf } from '../scripts/headless-page.mjs'
import { launchChromium } from '../scripts/launch-chromium.mjs'
import { serveSite } from '../scripts/start.mjs'
import { compareTokens, summarize } from './compare-tokens.mjs'
import { number } from './format.mjs'
import { describeMachine } from './machine.mjs'

/** @typedef {import('./compare-tokens.mjs').Reply} Reply */

const SITE = fileURLToPath(new URL('../dist/site', import.meta.url))

const HELP = `Usage: npm run compare -- [options] model.gguf

  --same F        a GGUF file with the numbers that the GPU computes with, as \`forge convert model.gguf --to gguf\` makes one:
                  run on the processor too, it tells rounding of weights and arithmetic apart
  --libraries D   folder of model libraries (\`forge libraries --output D\`); default: those of the site
  --tokens N      most tokens of an answer (default: 12)
  --questions N   only the first N
  --output F      writes the table as Markdown too
  --help          prints this`

/** Short answers of all kinds, which a small model may well get wrong: what counts is that both engines answer alike. */
const QUESTIONS = [
  'What is the capital of France?',
  'What color is the sky on a clear day?',
  'How many days are in a week?',
  'What is 2 + 3?',
  'Name a fruit that is yellow.',
  'What is the opposite of hot?',
  'Which planet do we live on?',
  'What do bees make?',
  'How many legs does a spider have?',
  'What language is spoken in Brazil?',
  'Who wrote Romeo and Juliet?',
  'What is frozen water called?',
  'Which animal says meow?',
  'What is the largest ocean?',
  'What is the first month of the year?',
  'Say hello in Spanish.',
  'What is the boiling point of water in Celsius?',
  'What gas do plants take in?',
  'Is the sun a star or a planet?',
  'What comes after Monday?',
]

/** Of the likeliest tokens that are compared in each place; the most that an engine tells. */
const TOP = 20

/** Runs in the page. @param {{ question: string, maxTokens: number, top: number }} asked */
async function askInPage({ question, maxTokens, top }) {
  /** @type {Reply} */
  const reply = { text: '', tokens: [] }
  const options = { temperature: 0, maxTokens, logprobs: top }
  const outcome = await secondThought.generate(
    { messages: [{ role: 'user', content: question }], options },
    (batch) => {
      for (const event of batch) {
        if (event.type === 'text-delta') reply.text += event.delta
        if (event.type === 'logprobs') reply.tokens.push(...event.tokens)
      }
    },
  )
  return 'value' in outcome ? { value: reply } : outcome
}

/**
 * The built site, with files of this computer beside it.
 * @param {readonly string[]} files @param {string | undefined} libraries
 */
async function serve(files, libraries) {
  const site = sirv(SITE, { dev: true })
  const own = libraries === undefined ? undefined : sirv(libraries, { dev: true })
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const file = files.find((_, index) => path.startsWith(`/files/${index}/`))
    if (file !== undefined) return sendFile(file, request, response)
    const missing = () => void response.writeHead(404).end()
    if (own === undefined || !path.startsWith('/models/libraries/')) return site(request, response, missing)
    request.url = path.slice('/models/libraries'.length)
    return own(request, response, missing)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close(() => undefined).closeAllConnections() }
}

/** @param {string} file @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function sendFile(file, { headers }, response) {
  const { size } = statSync(file)
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  const [start, end] = [Number(from), to === '' ? size - 1 : Math.min(Number(to), size - 1)]
  const isPart = headers.range !== undefined
  response.writeHead(isPart ? 206 : 200, {
    'Content-Length': end - start + 1,
    'Content-Type': 'application/octet-stream',
    ...(isPart && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  })
  createReadStream(file, { start, end }).pipe(response)
}

/**
 * @param {string} url @param {string} name @param {'gpu' | 'processor'} engine @param {{ questions: readonly string[], maxTokens: number }} asked
 * @returns {Promise<Reply[]>}
 */
async function answersOf(url, name, engine, { questions, maxTokens }) {
  const browser = await launchChromium()
  try {
    const page = await openHeadless(await browser.newContext(), url, engine)
    const { seconds } = valueOf(await page.evaluate((model) => secondThought.load(model, () => undefined), name))
    stderr.write(`${engine}: ${basename(name)} is loaded after ${number(seconds)} s\n`)
    const replies = []
    for (const question of questions) {
      const reply = valueOf(await page.evaluate(askInPage, { question, maxTokens, top: TOP }))
      stderr.write(`  ${question} ${JSON.stringify(reply.text)}\n`)
      replies.push(reply)
    }
    return replies
  } finally {
    await browser.close()
  }
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()

/** @param {readonly string[]} parameters */
async function main(parameters) {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      same: { type: 'string' },
      libraries: { type: 'string' },
      tokens: { type: 'string', default: '12' },
      questions: { type: 'string', default: String(QUESTIONS.length) },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (values.help || file === undefined) return void stdout.write(`${HELP}\n`)
  const asked = { questions: QUESTIONS.slice(0, Number(values.questions)), maxTokens: Number(values.tokens) }
  const files = [file, ...(values.same === undefined ? [] : [values.same])]
  await (await serveSite({ port: 0 })).close() // builds it if need be
  const site = await serve(files, values.libraries)
  try {
    const addresses = files.map((path, index) => `${site.url}files/${index}/${encodeURIComponent(basename(path))}`)
    /** @type {Reply[][]} */
    const processor = []
    for (const address of addresses) processor.push(await answersOf(site.url, address, 'processor', asked))
    const gpu = await answersOf(site.url, addresses[0] ?? '', 'gpu', asked)
    const browser = await launchChromium()
    const machine = await describeMachine(browser, site.url)
    await browser.close()
    const names = ['the same file', 'the numbers of the GPU']
    const comparisons = processor.map((replies, index) => ({
      name: names[index] ?? '',
      ...summarize(replies.map((reply, place) => compareTokens(gpu[place] ?? reply, reply))),
    }))
    const report = [
      `${basename(file)}, ${asked.questions.length} questions, at most ${asked.maxTokens} tokens each, temperature 0. ${machine.processor}, ${machine.cores} cores; Chromium ${machine.chromium}; GPU: ${machine.gpu}. ${new Date().toISOString().slice(0, 10)}.`,
      '',
      '| the GPU beside the processor with | same first token | same token, until an answer parts | answers alike | difference of log-probabilities: mean | most |',
      '|---|---|---|---|---|---|',
      ...comparisons.map(
        ({ name, firstAlike, replies, alike, places, same, mean, most }) =>
          `| ${name} | ${firstAlike} of ${replies} | ${alike} of ${places} | ${same} of ${replies} | ${number(mean, 3)} | ${number(most, 3)} |`,
      ),
      '',
      `| question | GPU |${processor.map((_, index) => ` processor, ${names[index]} |`).join('')}`,
      `|---|---|${processor.map(() => '---|').join('')}`,
      ...asked.questions.map(
        (question, place) =>
          `| ${question} | ${cell(gpu[place]?.text ?? '')} |${processor.map((replies) => ` ${cell(replies[place]?.text ?? '')} |`).join('')}`,
      ),
      '',
    ].join('\n')
    stdout.write(report)
    if (values.output !== undefined) writeFileSync(values.output, report)
  } finally {
    site.close()
  }
}

try {
  await main(argv.slice(2))
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message : error}\n`)
  exit(1)
}
