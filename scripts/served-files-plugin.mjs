import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** Libraries for GGUF files are a site's own (`forge libraries`): a package brings none, and must not write over a site's list. */
const LIBRARIES = join('public', 'models', 'libraries')

/**
 * Puts the embedded model into a build, and `assets.json` beside it: the version, and every file with its size and SHA-256, by which a
 * copy can be checked.
 * @returns {import('vite').Plugin}
 */
export function servedFiles() {
  let folder = ''
  return {
    name: 'served-files',
    apply: 'build',
    configResolved({ build }) {
      folder = build.outDir
    },
    closeBundle() {
      cpSync('public/models', join(folder, 'models'), { recursive: true, filter: (source) => source !== LIBRARIES })
      const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
      const list = { package: name, version, files: listFiles(folder) }
      writeFileSync(join(folder, 'assets.json'), `${JSON.stringify(list, undefined, 2)}\n`)
    },
  }
}

/** @param {string} folder */
function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'assets.json')
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => {
      const content = readFileSync(file)
      const path = file
        .slice(folder.length + 1)
        .split(sep)
        .join('/')
      return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
    })
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
}
