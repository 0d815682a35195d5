import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packageJson: { name: string; exports: Record<string, string | { types: string; default: string }> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)

let project = '' // another project, where the packed package is installed

beforeAll(() => {
  if (!existsSync(join(root, 'dist/lib/parser.js'))) throw new Error('Nothing is built yet. Run: npm run build')
  project = mkdtempSync(join(tmpdir(), 'package-'))
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', project], root))
  const installed = join(project, 'node_modules', packageJson.name)
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(project, filename), '-C', installed, '--strip-components=1'])
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

test('every export is in the package, with its types', () => {
  const files = Object.values(packageJson.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default],
  )
  expect(files.length).toBeGreaterThan(2)
  expect(files.filter((file) => !existsSync(join(project, 'node_modules', packageJson.name, file)))).toEqual([])
})

test('plain Node reads a stream with the parser alone', () => {
  const code = `
    import { createTagParser, readTagged } from '${packageJson.name}/parser'
    const { events, ...read } = readTagged(['<thinking>19 is', ' odd</thin', 'king><output>No</output>'], {
      dialect: 'reflection', start: 'root', reopen: 'line-start', toolTags: [], finish: 'stop',
    })
    const types = []
    const parser = createTagParser({ dialect: 'think' }, (event) => types.push(event.type))
    parser.push('<think>a')
    parser.finish('length')
    console.log(JSON.stringify({ read, count: events.length, types, document: typeof document }))
  `
  expect(JSON.parse(node(['--input-type=module', '--eval', code]))).toEqual({
    read: { thinking: '19 is odd', reflections: [], output: 'No', flags: [] },
    count: 12,
    types: ['reasoning-start', 'markup', 'reasoning-delta', 'reasoning-end', 'finish'],
    document: 'undefined',
  })
})

test('the parser imports nothing', () => {
  const code = readFileSync(join(root, 'dist/lib/parser.js'), 'utf8')
  expect(code).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m)
})

test.each(['nodenext', 'bundler'])('its types serve a project with module resolution %s', (resolution) => {
  const code = `
    import { readTagged, type TagEvent } from '${packageJson.name}/parser'
    const events: TagEvent[] = readTagged(['a'], { dialect: { thinking: 'plan' } }).events
    // @ts-expect-error: a dialect needs a thinking tag
    readTagged(['a'], { dialect: { output: 'answer' } })
    for (const event of events) if (event.type === 'reasoning-end') event.cause satisfies 'tag' | 'implicit' | 'finish'
  `
  writeFileSync(join(project, 'use.ts'), code)
  const module = resolution === 'bundler' ? 'esnext' : 'nodenext'
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--types', '']
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  expect(node([compiler, ...options, '--module', module, '--moduleResolution', resolution, 'use.ts'])).toBe('')
})

function node(parameters: string[]): string {
  return execFileSync(process.execPath, parameters, { cwd: project, encoding: 'utf8' })
}

function npm(parameters: string[], cwd: string): string {
  return execFileSync('npm', parameters, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
}
