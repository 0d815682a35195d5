import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes `licenses.txt` beside the built page: the licence of everything that is bundled into it, as each licence asks for.
 * @returns {import('vite').Plugin}
 */
export function licenses() {
  return {
    name: 'licenses',
    apply: 'build',
    generateBundle() {
      const texts = bundledPackages().map(describe)
      const own = `Second Thought\n\n${readFileSync('NOTICE', 'utf8')}\n${readFileSync('LICENSE', 'utf8')}`
      this.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: [own, ...texts].join(`\n\n${'='.repeat(80)}\n\n`),
      })
    },
  }
}

/** Names of all packages whose code is in what the build writes, and of all that they depend on. */
export function bundledPackages() {
  const { dependencies, devDependencies } = readPackage('.')
  const names = [
    ...Object.keys(dependencies),
    '@mlc-ai/web-llm',
    '@wllama/wllama',
    'hash-wasm',
    'workbox-precaching',
    'workbox-routing',
  ]
  return closure(names.filter((name) => name in { ...dependencies, ...devDependencies }))
}

/** @param {string} folder @returns {{ name: string, version: string, license: string, dependencies: Record<string, string>, devDependencies: Record<string, string> }} */
function readPackage(folder) {
  const {
    dependencies = {},
    devDependencies = {},
    ...rest
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { ...rest, dependencies, devDependencies }
}

/** Some packages and all that they depend on. @param {readonly string[]} names @returns {string[]} */
function closure(names) {
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    waiting.push(...Object.keys(readPackage(join('node_modules', name)).dependencies))
  }
  return [...found].toSorted()
}

/** @param {string} name */
function describe(name) {
  const folder = join('node_modules', name)
  const { version, license } = readPackage(folder)
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return [`${name} ${version} (${license})`, ...texts].join('\n\n')
}
