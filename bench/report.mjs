/**
 * @typedef {import('./section.d.ts').Row} Row
 * @typedef {{ date: string, isQuick: boolean, machine: Awaited<ReturnType<typeof import('./machine.mjs').describeMachine>>, result: object, rows: readonly Row[], notes: readonly string[] }} SectionReport
 * @typedef {Record<string, SectionReport>} Report By the name of the section.
 */

/** What a section measures. @type {Readonly<Record<string, string>>} */
const TITLES = {
  parser: 'Tag parser',
  throughput: 'Tokens a second, beside WebLLM by itself',
  page: 'The page while 5,000 tokens stream at 200 a second',
  answer: 'The end of answers of 80,000 characters',
  scroll: 'Many chats, and a chat of many messages',
  import: 'Importing many chats',
  'first-load': 'First load',
  start: 'The first second',
  history: 'Past thinking: kept or dropped',
  weights: 'A model of a gigabyte',
}

/** The whole report as Markdown: a table, how each section was measured, and on what. @param {Report} report */
export function toMarkdown(report) {
  const sections = Object.entries(report)
  const rows = sections.flatMap(([name, section]) => [
    ['', `**${TITLES[name] ?? name}**${remarkOn(section)}`, '', ''],
    ...section.rows.map(({ what, value, aim = '' }) => ['', what, value, aim]),
  ])
  const table = [['', 'What', 'Measured', 'Aim'], ['', '---', '---', '---'], ...rows]
  const text = table.map(
    (cells) =>
      `|${cells
        .slice(1)
        .map((cell) => ` ${cell} |`)
        .join('')}`,
  )
  const notes = sections.map(
    ([name, { date, notes: lines, machine }]) =>
      `- **${TITLES[name] ?? name}** (${date.slice(0, 16).replace('T', ' ')} UTC, load before ${machine.loadBefore}). ${lines.join(' ')}`,
  )
  const machines = [...new Set(sections.map(([, { machine }]) => describe(machine)))]
  return `${text.join('\n')}\n\nNumbers are medians, with the least and the most in brackets.\n\n${notes.join('\n')}\n\nMeasured on: ${machines.join(' / ')}.\n`
}

/** The page docs/benchmarks.md. @param {Report} report */
export function toPage(report) {
  return `# Benchmarks

Written by \`npm run bench -- --publish\`; \`npm run bench\` measures on your own machine and \`npm run bench -- page start\` only some of it. Nothing here is a
test: times depend on the machine and on what else it does. Where software plays the GPU, as below unless another one is named, tokens come 20 to 100
times slower than on a real one, and page and GPU share the processor. Processor time is what a task took of a core, without waiting for one.

${toMarkdown(report)}`
}

/** The same for a terminal. @param {Report} report */
export function toText(report) {
  const rows = Object.values(report).flatMap(({ rows: lines }) => lines)
  const width = Math.max(...rows.map(({ what }) => what.length))
  const blocks = Object.entries(report).map(([name, section]) => {
    const body = section.rows.map(
      ({ what, value, aim }) => `  ${what.padEnd(width)}  ${value}${aim === undefined ? '' : `  [aim: ${aim}]`}`,
    )
    return [`${TITLES[name] ?? name}${remarkOn(section)}`, ...body].join('\n')
  })
  return blocks.join('\n\n')
}

/** Why not to trust the numbers of a section; empty if nothing speaks against them. @param {SectionReport} section */
function remarkOn({ isQuick, machine: { loadBefore, cores } }) {
  const remarks = [
    ...(isQuick ? ['--quick: small samples, no result'] : []),
    ...(loadBefore > cores / 2 ? ['other programs kept the machine busy: times are too long'] : []),
  ]
  return remarks.length === 0 ? '' : ` (${remarks.join('; ')})`
}

/** @param {SectionReport['machine']} machine */
function describe({ processor, cores, memoryGiB, system, chromium, node, gpu }) {
  return `${processor}, ${cores} cores, ${memoryGiB} GiB; ${system}; Chromium ${chromium}; Node ${node}; GPU: ${gpu}`
}
