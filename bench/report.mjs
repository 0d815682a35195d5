/**
 * @typedef {import('./section.d.ts').Row} Row
 * @typedef {{ date: string, isQuick: boolean, machine: Awaited<ReturnType<typeof import('./machine.mjs').describeMachine>>, result: object, rows: readonly Row[], notes: readonly string[] }} SectionReport
 * @typedef {Record<string, SectionReport>} Report By the name of the section.
 */

/** What a section measures. @type {Readonly<Record<string, string>>} */
const TITLES = {
  parser: 'Tag parser',
  interfaces: 'Interfaces of other software',
  throughput: 'Tokens a second, beside WebLLM by itself',
  engines: 'The two engines',
  page: 'The page while 5,000 tokens stream at 200 a second',
  answer: 'The end of answers of 80,000 characters',
  scroll: 'Many chats, and a chat of many messages',
  import: 'Importing many chats',
  'first-load': 'First load',
  element: 'The element',
  start: 'The first second',
  tabs: 'Several tabs',
  history: 'Past thinking: kept or dropped',
  weights: 'A model of a gigabyte',
}

/** The whole report as Markdown. @param {Report} report */
export function toMarkdown(report) {
  return `${[...sectionsOf(report).values()].join('\n\n')}\n`
}

const PAGE_START = `# Benchmarks

Written by \`npm run bench -- --publish\`, section by section; \`npm run bench\` measures on your own machine and \`npm run bench -- page start\` only some of it. Nothing
here is a test: times depend on the machine and on what else it does. Where software plays the GPU, as below unless another one is named, tokens come 20 to
100 times slower than on a real one, and page and GPU share the processor. Processor time is what a task took of a core, without waiting for one. Numbers are
medians, with the least and the most in brackets.
`

/**
 * The page docs/benchmarks.md, with what was measured now in place of what it had of that.
 * @param {string} page As it is; empty where there is none.
 * @param {Report} report
 */
export function toPage(page, report) {
  const [, ...published] = page.trim().split('\n\n## ')
  const sections = new Map(published.map((text) => [text.split('\n')[0] ?? '', `## ${text}`]))
  for (const [title, text] of sectionsOf(report)) sections.set(title, text)
  const titles = [...Object.values(TITLES), ...sections.keys()]
  const inOrder = [...new Set(titles)].flatMap((title) => sections.get(title) ?? [])
  return `${[PAGE_START.trim(), ...inOrder].join('\n\n')}\n`
}

/** Each section by its title: a table, how it was measured, and on what. @param {Report} report @returns {Map<string, string>} */
function sectionsOf(report) {
  return new Map(
    Object.entries(report).map(([name, section]) => {
      const title = TITLES[name] ?? name
      const { date, machine, notes } = section
      const table = section.rows.map(({ what, value, aim = '' }) => `| ${what} | ${value} | ${aim} |`)
      const remark = remarkOn(section)
      const measured = `Measured ${date.slice(0, 16).replace('T', ' ')} UTC, load before ${machine.loadBefore}, on ${describe(machine)}.`
      const text = [...notes, remark === '' ? '' : `${remark}.`, measured].filter((line) => line !== '').join(' ')
      return [title, `## ${title}\n\n| What | Measured | Aim |\n| --- | --- | --- |\n${table.join('\n')}\n\n${text}`]
    }),
  )
}

/** The same for a terminal. @param {Report} report */
export function toText(report) {
  const rows = Object.values(report).flatMap(({ rows: lines }) => lines)
  const width = Math.max(...rows.map(({ what }) => what.length))
  const blocks = Object.entries(report).map(([name, section]) => {
    const body = section.rows.map(
      ({ what, value, aim }) => `  ${what.padEnd(width)}  ${value}${aim === undefined ? '' : `  [aim: ${aim}]`}`,
    )
    const remark = remarkOn(section)
    return [`${TITLES[name] ?? name}${remark === '' ? '' : ` (${remark})`}`, ...body].join('\n')
  })
  return blocks.join('\n\n')
}

/** Why not to trust the numbers of a section; empty if nothing speaks against them. @param {SectionReport} section */
function remarkOn({ isQuick, machine: { loadBefore, cores } }) {
  const remarks = [
    ...(isQuick ? ['--quick: small samples, no result'] : []),
    ...(loadBefore > cores / 2 ? ['Other programs kept the machine busy: times are too long'] : []),
  ]
  return remarks.join('; ')
}

/** @param {SectionReport['machine']} machine */
function describe({ processor, cores, memoryGiB, system, chromium, node, gpu }) {
  return `${processor}, ${cores} cores, ${memoryGiB} GiB; ${system}; Chromium ${chromium}; Node ${node}; GPU: ${gpu}`
}
