import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { number } from '../format.mjs'
import { runCommand } from '../../scripts/run-command.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm run bench:parser` measures. @type {import('../section.d.ts').Measure} */
export async function measureParser({ isQuick }) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const rounds = isQuick ? ['--', '--rounds', '3'] : []
  const code = await runCommand(npm, ['run', '--silent', 'bench:parser', ...rounds], { cwd: ROOT })
  if (code !== 0) throw new Error('bench:parser failed; the lines above say why.')
  const result = JSON.parse(readFileSync(new URL('../../dist/bench/parser.json', import.meta.url), 'utf8'))
  /** @type {{ charactersPerDelta: number, ours: number, theirs: number, timesTheirs: number }[]} */
  const speeds = result.speeds
  /** @type {{ text: string, charactersPerDelta: number, timeRatio: number }[]} */
  const growth = result.growth
  const worst = Math.max(...growth.map(({ timeRatio }) => timeRatio))
  /** @type {import('../section.d.ts').Row[]} */
  const rows = []
  for (const { charactersPerDelta: size, ours, theirs, timesTheirs } of speeds) {
    const value = `${number(ours / 1e6)} million; theirs ${number(theirs / 1e6)} million; ${number(timesTheirs, 2)} times theirs`
    const row = { what: `Characters a second, ${size} a delta`, value }
    rows.push(size === 4 ? { ...row, aim: 'at least 3 times theirs' } : row)
  }
  rows.push({
    what: 'Time for four times the text, worst case',
    value: `${number(worst, 2)} times`,
    aim: 'at most 5 times',
  })
  return {
    result,
    rows,
    notes: [`Theirs is the loop of ${result.against}. Neither keeps the text (\`keep: false\`, as the pages read).`],
  }
}
