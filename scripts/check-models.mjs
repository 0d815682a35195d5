/** Verifies every model folder that the project ships: `npm run model:check`. Ends with status 1 if one fails. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { env, exit } from 'node:process'
import { fileURLToPath } from 'node:url'
import { findHeadlessShell, provideChromium } from './find-chromium.mjs'
import { MODEL_FOLDER, providePython } from './python-environment.mjs'
import { runCommand } from './run-command.mjs'

const MODELS = fileURLToPath(new URL('../public/models', import.meta.url))

/** Every `<id>/resolve/<revision>` under public/models. */
function modelFolders() {
  const inside = (/** @type {string} */ folder) => (existsSync(folder) ? readdirSync(folder).toSorted() : [])
  return inside(MODELS).flatMap((id) => {
    const revisions = join(MODELS, id, 'resolve')
    return inside(revisions).map((revision) => join(revisions, revision))
  })
}

const python = await providePython()
const shell = env.GPU === 'real' ? undefined : findHeadlessShell()
const CHROMIUM_PATH = shell ?? provideChromium((line) => console.log(line))
const folders = modelFolders()
if (folders.length === 0) {
  console.error('There is no model under public/models. model/README.md says how to make one.')
  exit(1)
}
for (const folder of folders) {
  console.log(folder)
  const code = await runCommand(python, ['-m', 'reflection_model.cli', 'verify', '--quick', folder], {
    cwd: MODEL_FOLDER,
    env: { ...env, CHROMIUM_PATH },
  })
  if (code !== 0) exit(code)
}
