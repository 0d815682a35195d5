import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { bundledPackages } from '../../scripts/licenses-plugin.mjs'
import { readImports } from './support/import-graph.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Packages of which only types are used, so that nothing of them is shipped. */
const TYPES_ONLY = new Set(['@ai-sdk/provider', 'ai', 'vite'])

test('the licence of every package that is imported comes with the build, and its name stands in NOTICE', () => {
  const imported = readImports(root, ['src', 'worker']).filter(({ to, isPackage }) => isPackage && /^[@\w]/.test(to))
  const shipped = new Set(imported.map(({ to }) => to).filter((name) => !TYPES_ONLY.has(name)))
  const told = bundledPackages()
  const notice = readFileSync(new URL('../../NOTICE', import.meta.url), 'utf8').toLowerCase()
  expect(shipped.size).toBeGreaterThan(10)
  expect([...shipped].filter((name) => !told.includes(name))).toEqual([])
  const plain = (name: string) =>
    name
      .replace(/^@mlc-ai\/web-/, 'web')
      .replace(/^@wllama\//, '')
      .replace(/^workbox-.*/, 'workbox')
  expect([...shipped].filter((name) => !notice.includes(plain(name)))).toEqual([])
})
