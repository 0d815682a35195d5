import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { copyAssets, listOf, ownList, problemsOf } from '../../bin/served-assets.mjs'
import { renewSite } from '../../scripts/build-site.mjs'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'

const MANIFEST = `${EMBEDDED_FOLDER}manifest.json`

/** A folder in which some files lie. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const parent = mkdtempSync(join(tmpdir(), 'assets-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const folder = join(parent, 'second-thought')
  mkdirSync(folder)
  write(folder, files)
  return folder
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const read = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8')

test.each([
  [{ 'worker.js': 'ours' }, 'worker.js'],
  [{ 'licenses.txt': 'ours', 'embed.js': 'ours' }, 'embed.js, licenses.txt'],
  [{ 'assets.json': '["ours"]' }, 'assets.json'],
])('files that a site has under the names of the package are not written over: %j', (files, named) => {
  const folder = folderWith({ ...files, 'index.html': 'ours' })
  expect(() => copyAssets(folder)).toThrow(`${folder} has other files where ours would lie: ${named}.`)
  expect(existsSync(join(folder, 'second-thought.js'))).toBe(false)
  for (const [path, text] of Object.entries(files)) expect(read(folder, path)).toBe(text)
})

test('what an earlier version put there is replaced, what else lies there stays, and nothing outside is deleted', () => {
  const outside = '../second-thought-old/kept.js'
  const folder = folderWith({ 'worker.js': 'earlier', 'old.js': 'earlier', 'own.js': 'ours', [outside]: 'kept' })
  const files = ['worker.js', 'old.js', outside].map((path) => ({ path, bytes: 7, sha256: '' }))
  write(folder, { 'assets.json': JSON.stringify({ package: 'second-thought', version: '0.0.1', files }) })
  expect(copyAssets(folder)).toEqual(ownList())
  expect(problemsOf(folder, ownList())).toEqual([])
  expect(existsSync(join(folder, 'old.js'))).toBe(false)
  expect(read(folder, 'own.js')).toBe('ours')
  expect(read(folder, outside)).toBe('kept')
  expect(copyAssets(folder)).toEqual(ownList()) // and again
})

test('a site that is built anew keeps the model that its build brought, and who may show it in a frame', async () => {
  const allowed = '{ "origins": ["https://shop.example"] }'
  const site = folderWith({ 'embed.json': allowed, 'index.html': 'before' })
  await renewSite(site, async () => {
    rmSync(site, { recursive: true })
    write(site, { 'index.html': 'now', [MANIFEST]: 'made anew' })
  })
  expect(read(site, 'embed.json')).toBe(allowed)
  expect(read(site, MANIFEST)).toBe('made anew')
  expect(problemsOf(site, ownList())).toEqual([expect.stringContaining(MANIFEST)])
  expect(listOf(site)?.files.map(({ path }) => path)).toEqual(
    ownList()
      .files.map(({ path }) => path)
      .filter((path) => path !== MANIFEST),
  )

  await expect(renewSite(site, () => Promise.reject(new Error('no build')))).rejects.toThrow('no build')
  expect(read(site, 'embed.json')).toBe(allowed)
})
