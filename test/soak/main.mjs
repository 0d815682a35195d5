/**
 * Uses the built page as a restless user would, for minutes: `npm run soak`. Each step is drawn from a seed, so that what went wrong can be
 * done again. Fails when something that was stored is gone or shorter, when an error is caught by nobody, or when memory grows without end.
 */
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { launchProfile } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { createRandom } from './random.mjs'
import { createSoak } from './soak.mjs'

const HELP = `Usage: npm run soak -- [options]

  --minutes <n>      how long (default 10)
  --engine <name>    processor or gpu (default processor)
  --seed <n>         what is drawn (default: by the clock)
  --until-step <n>   ends after so many steps: with the seed of a run that failed, that run again, as far as timing allows
  --help             prints this
GPU=real lets Chromium choose the GPU; without it, software plays one.`

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    minutes: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'processor' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    'until-step': { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  exit(0)
}
const [minutes, seed, untilStep] = [values.minutes, values.seed, values['until-step']].map(Number)
const { engine } = values
if (
  ![minutes, seed, untilStep].every((value) => value !== undefined && value >= 0) ||
  !/^(processor|gpu)$/.test(engine)
) {
  console.error(`This takes numbers, and an engine that there is.\n\n${HELP}`)
  exit(2)
}

const site = await serveSite({ port: 0 })
const folder = mkdtempSync(join(tmpdir(), 'soak-'))
const context = await launchProfile(folder)
console.log(`seed ${seed}, engine ${engine}, ${minutes} minutes`)
let code = 0
try {
  const soak = createSoak({
    context,
    url: `${site.url}?engine=${engine}`,
    engine,
    random: createRandom(Number(seed)),
    say: (line) => console.log(line),
  })
  await soak.run(Date.now() + Number(minutes) * 60_000, Number(untilStep))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(`Again: npm run soak -- --engine ${engine} --seed ${seed}`)
  code = 1
} finally {
  await context.close()
  await site.close()
  rmSync(folder, { recursive: true, force: true })
}
exit(code)
