/**
 * Stores the embedded model in each type of weights that GGUF files have, runs each on both engines, and prints how far they are from the plain arithmetic of a Llama on
 * the same numbers: `npm run compare:types`. `npm test` does the same with fewer types (`test/browser/gguf-types.test.ts`).
 */
import { env, execPath, exit } from 'node:process'
import { runCommand } from '../scripts/run-command.mjs'

const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'browser', 'test/browser/gguf-types.test.ts']

exit(await runCommand(execPath, VITEST, { env: { ...env, VITE_EVERY_TYPE: '1' } }))
