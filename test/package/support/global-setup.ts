import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

declare module 'vitest' {
  export interface ProvidedContext {
    /** A project outside the repository, in which the packed package is installed with what it depends on, and nothing else. */
    packageUser: string
  }
}

/** Packs the package once for all tests of it, and installs it. */
export default function setUp(project: TestProject): () => void {
  if (!existsSync(join(ROOT, 'dist/cdn/assets.json'))) throw new Error('Nothing is built yet. Run: npm run build')
  const folder = mkdtempSync(join(tmpdir(), 'package-'))
  const [{ filename }] = JSON.parse(npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], ROOT))
  const { name } = packageIn(ROOT)
  const installed = join(folder, 'node_modules', name)
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1'])
  for (const dependency of closure(Object.keys(packageIn(installed).dependencies))) {
    const link = join(folder, 'node_modules', dependency)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', dependency), link, 'junction')
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  project.provide('packageUser', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}

function packageIn(folder: string): { name: string; dependencies: Record<string, string> } {
  const { name, dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { name, dependencies }
}

/** Some packages and all that they depend on. */
function closure(names: readonly string[]): Set<string> {
  const found = new Set<string>()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    waiting.push(...Object.keys(packageIn(join(ROOT, 'node_modules', name)).dependencies))
  }
  return found
}

function npm(parameters: string[], cwd: string): string {
  return execFileSync('npm', parameters, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
}
