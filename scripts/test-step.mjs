/**
 * Runs one of the checks of `npm test`, which starts this in a process of its own for each of them: `node scripts/test-step.mjs unit`.
 * What it found is written to the file that is named second.
 */
import { writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { STEPS } from './test-steps.mjs'

const [name, file = ''] = argv.slice(2)
const step = STEPS.find((one) => one.name === name)
if (step === undefined) throw new Error(`There is no check called ${name}.`)
/** @type {import('./test-steps.mjs').Counts} */
let counts = { passed: 0, failed: 1 }
try {
  counts = await step.run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
}
writeFileSync(file, JSON.stringify(counts))
