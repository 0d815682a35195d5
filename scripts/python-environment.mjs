import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './run-command.mjs'

/** The folder of the Python side. */
export const MODEL_FOLDER = fileURLToPath(new URL('../model', import.meta.url))

const ENVIRONMENT = join(MODEL_FOLDER, '.venv')
const PROGRAMS = join(ENVIRONMENT, process.platform === 'win32' ? 'Scripts' : 'bin')
const INTERPRETERS = ['python3.11', 'python3.12', 'python3', 'python']
/** What the tests need: the checks, and the compiler they check. Training (torch) has its own, not needed here. */
const LOCKS = ['requirements/dev.txt', 'requirements/compile.txt']
/** Remembers what was installed, so that an environment is set up once for each state of the locks. */
const STAMP = join(ENVIRONMENT, 'installed-for')

/**
 * Makes model/.venv, with what the model's tests need, unless it is there.
 * @returns {Promise<string>} The path of its Python.
 * @throws {Error} When Python or its venv module is missing, or something cannot be installed; the message says what to do.
 */
export async function providePython() {
  const python = join(PROGRAMS, 'python')
  const locks = LOCKS.filter((lock) => existsSync(join(MODEL_FOLDER, lock)))
  const wanted = hashOf([...locks, 'pyproject.toml'])
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return python

  if (!existsSync(python)) {
    const code = await runCommand(findInterpreter(), ['-m', 'venv', ENVIRONMENT])
    if (code !== 0) throw new Error('Python has no venv module. On Debian: apt-get install python3-venv')
  }
  const install = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile']
  const commands =
    locks.length > 0
      ? [
          [...install, '--require-hashes', ...locks.flatMap((lock) => ['--requirement', lock])],
          [...install, '--no-deps', '--editable', '.'],
        ]
      : [[...install, '--editable', '.[dev]']]
  for (const [command = '', ...parameters] of commands) {
    const code = await runCommand(command, parameters, { cwd: MODEL_FOLDER })
    if (code !== 0) throw new Error(`The Python packages could not be installed (pip ended with ${code}).`)
  }
  writeFileSync(STAMP, wanted)
  return python
}

/** The first interpreter that is new enough: 3.11 or 3.12, as model/pyproject.toml asks. */
function findInterpreter() {
  for (const interpreter of INTERPRETERS) {
    const { stdout } = spawnSync(interpreter, ['-c', 'import sys; print(*sys.version_info[:2])'], { encoding: 'utf8' })
    const [major, minor] = (stdout ?? '').trim().split(' ').map(Number)
    if (major === 3 && (minor === 11 || minor === 12)) return interpreter
  }
  throw new Error('Python 3.11 or 3.12 was not found. On Debian: apt-get install python3.11 python3.11-venv')
}

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(MODEL_FOLDER, file)))
  return hash.digest('hex')
}
