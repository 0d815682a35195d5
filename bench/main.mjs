/**
 * Measures what a user would notice: `npm run bench`, or `npm run bench -- page start` for some sections. Prints one table and writes it
 * as dist/bench/results.md, with all numbers in dist/bench/results.json. Asserts nothing: times depend on the machine.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { argv, exit, stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launchChromium } from '../scripts/launch-chromium.mjs'
import { serveSite } from '../scripts/start.mjs'
import { buildPages } from './build-pages.mjs'
import { describeMachine } from './machine.mjs'
import { toMarkdown, toPage, toText } from './report.mjs'
import { measureAnswer } from './sections/answer.mjs'
import { measureElement } from './sections/element.mjs'
import { measureEngines } from './sections/engines.mjs'
import { measureFirstLoad } from './sections/first-load.mjs'
import { measureHistory } from './sections/history.mjs'
import { measureImport } from './sections/import.mjs'
import { measureInterfaces } from './sections/interfaces.mjs'
import { measurePage } from './sections/page.mjs'
import { measureParser } from './sections/parser.mjs'
import { measureScroll } from './sections/scroll.mjs'
import { measureStart } from './sections/start.mjs'
import { measureTabs } from './sections/tabs.mjs'
import { measureThroughput } from './sections/throughput.mjs'
import { measureWeights } from './sections/weights.mjs'
import { servePages } from './serve-pages.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const FOLDER = 'dist/bench'
const JSON_FILE = `${FOLDER}/results.json`
const MARKDOWN_FILE = `${FOLDER}/results.md`
const PAGE_FILE = 'docs/benchmarks.md'

/** In the order of the table. @type {Readonly<Record<string, import('./section.d.ts').Measure>>} */
const SECTIONS = {
  parser: measureParser,
  interfaces: measureInterfaces,
  throughput: measureThroughput,
  engines: measureEngines,
  page: measurePage,
  answer: measureAnswer,
  scroll: measureScroll,
  import: measureImport,
  'first-load': measureFirstLoad,
  element: measureElement,
  start: measureStart,
  tabs: measureTabs,
  history: measureHistory,
  weights: measureWeights,
}

const HELP = `Usage: npm run bench -- [options] [section …]

Sections: ${Object.keys(SECTIONS).join(', ')} (all of them if none is named; what the others found last time stays in the table)

  --quick            small samples, only to see that everything runs
  --beside <folder>  measures the start of another build (its dist/site) as well, in turn with this one
  --publish          puts what was measured into ${PAGE_FILE} as well, in place of what that has of it
  --help             prints this
GPU=real lets Chromium choose the GPU; without it, software plays one.`

/** @returns {import('./report.mjs').Report} What was measured before; empty if nothing was. */
function readReport() {
  return existsSync(JSON_FILE) ? JSON.parse(readFileSync(JSON_FILE, 'utf8')).sections : {}
}

/** @param {readonly string[]} names @param {{ isQuick: boolean, publishes: boolean, besideFolder: string | undefined }} options */
async function measure(names, { isQuick, publishes, besideFolder }) {
  const say = (/** @type {string} */ line) => stderr.write(`  ${line}\n`)
  const site = await serveSite({ port: 0 })
  const beside = besideFolder === undefined ? undefined : await serveSite({ port: 0, siteFolder: besideFolder })
  await buildPages()
  const pages = await servePages()
  const browser = await launchChromium({ say })
  try {
    const machine = await describeMachine(browser, site.url)
    const report = names.length === Object.keys(SECTIONS).length ? {} : readReport()
    for (const name of names) {
      const section = SECTIONS[name]
      if (section === undefined) continue
      stderr.write(`${name} …\n`)
      const date = new Date().toISOString()
      const bench = { isQuick, siteUrl: site.url, pagesUrl: pages.url, browser, say }
      const finding = await section(beside === undefined ? bench : { ...bench, besideUrl: beside.url })
      report[name] = { date, isQuick, machine, ...finding }
      write(report) // a section that fails takes none of the others with it
    }
    if (publishes) publish(Object.fromEntries(names.flatMap((name) => (report[name] ? [[name, report[name]]] : []))))
    stdout.write(`\n${toText(inOrder(report))}\n\nWritten: ${JSON_FILE}, ${MARKDOWN_FILE}\n`)
  } finally {
    await browser.close()
    await pages.close()
    await site.close()
    await beside?.close()
  }
}

/** Sections as the table has them, whichever ran first. @param {import('./report.mjs').Report} report */
function inOrder(report) {
  return Object.fromEntries(Object.keys(SECTIONS).flatMap((name) => (report[name] ? [[name, report[name]]] : [])))
}

/** @param {import('./report.mjs').Report} report */
function write(report) {
  const sections = inOrder(report)
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(JSON_FILE, `${JSON.stringify({ schema: 1, sections }, undefined, 2)}\n`)
  writeFileSync(MARKDOWN_FILE, toMarkdown(sections))
}

/** @param {import('./report.mjs').Report} report */
function publish(report) {
  const before = existsSync(PAGE_FILE) ? readFileSync(PAGE_FILE, 'utf8') : ''
  writeFileSync(PAGE_FILE, toPage(before, report))
}

try {
  const { values, positionals } = parseArgs({
    args: argv.slice(2),
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      beside: { type: 'string' },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((name) => !Object.hasOwn(SECTIONS, name))
  if (values.help) stdout.write(`${HELP}\n`)
  else if (values.quick && values.publish) throw new Error('What --quick finds is no result, and is not published.')
  else if (unknown.length > 0) throw new Error(`There is no section "${unknown.join('", "')}". See --help.`)
  else
    await measure(positionals.length === 0 ? Object.keys(SECTIONS) : positionals, {
      isQuick: values.quick,
      publishes: values.publish,
      besideFolder: values.beside,
    })
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message : error}\n`)
  exit(1)
}
