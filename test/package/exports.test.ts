import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, inject, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const project = inject('packageUser')
const packageJson: { name: string; exports: Record<string, string | { types: string; default?: string }> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)

test('every export is in the package, with its types', () => {
  const files = Object.values(packageJson.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default ?? entry.types],
  )
  expect(files.length).toBeGreaterThan(2)
  expect(files.filter((file) => !existsSync(join(project, 'node_modules', packageJson.name, file)))).toEqual([])
})

test('the API reference is what the doc comments say, and every export has one', () => {
  expect(node([join(root, 'scripts/write-api-reference.mjs'), '--check'])).toBe('')
})

test('only the element that is to be defined does something when it is imported', async () => {
  const { name } = packageJson
  const others = ['', '/parser', '/openai', '/ai-sdk', '/prompt-api', '/element', '/embed']
  const silent = await bundledCode(others.map((path) => `import '${name}${path}'`).join('\n'))
  expect(silent.trim()).toBe('')
  expect(await bundledCode(`import '${name}/element/define'`)).toMatch(/customElements\.define\(/)
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

test('the parser imports nothing, and weighs no more than it may in a page', async () => {
  const code = readFileSync(join(root, 'dist/lib/parser.js'), 'utf8')
  expect(code).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m)
  const bytes = gzipSync(await bundledCode(`export * from '${packageJson.name}/parser'`), { level: 9 }).length
  expect(bytes).toBeGreaterThan(1000)
  expect(bytes).toBeLessThanOrEqual(8000)
})

test('all that the element needs to be seen weighs no more than it may', () => {
  const folder = join(root, 'dist/cdn')
  const words = readdirSync(join(folder, 'chunks')).find((name) => name.startsWith('en-')) ?? ''
  const seen = new Set<string>()
  const waiting = ['reflection-chat.js', `chunks/${words}`]
  let bytes = 0
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const code = readFileSync(join(folder, file), 'utf8')
    bytes += gzipSync(code, { level: 9 }).length
    for (const [, path = ''] of code.matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)) waiting.push(join(dirname(file), path))
  }
  expect(seen.size).toBeGreaterThan(2)
  expect(bytes).toBeGreaterThan(20_000)
  expect(bytes).toBeLessThanOrEqual(45_000)
})

test('engine and element may be imported where there is no browser', () => {
  const code = `
    import { createEngine, ReflectionError } from '${packageJson.name}'
    import '${packageJson.name}/element/define'
    import { ReflectionChatElement } from '${packageJson.name}/element'
    if (typeof ReflectionChatElement !== 'function') throw new Error('no class')
    const engine = createEngine({ assets: '/second-thought/' })
    const stream = engine.stream({ messages: [{ role: 'user', content: 'What is 7 + 9?' }] })
    const error = await stream.next().catch((error) => error)
    console.log(JSON.stringify({ status: engine.state.status, isOurs: ReflectionError.is(error) }))
  `
  expect(JSON.parse(node(['--input-type=module', '--eval', code]))).toEqual({ status: 'starting', isOurs: true })
})

const CODE = `
  import { createEngine, ReflectionError, type ErrorCode, type RunEvent, type Usage } from '${packageJson.name}'
  import type { ReflectionChatElement } from '${packageJson.name}/element'
  import '${packageJson.name}/element/define'
  import { readTagged, type TagEvent } from '${packageJson.name}/parser'
  const events: TagEvent[] = readTagged(['a'], { dialect: { thinking: 'plan' } }).events
  // @ts-expect-error: a dialect needs a thinking tag
  readTagged(['a'], { dialect: { output: 'answer' } })
  for (const event of events) if (event.type === 'reasoning-end') event.cause satisfies 'tag' | 'implicit' | 'finish'

  const engine = createEngine({ assets: new URL('https://site.example/a/'), model: 'reflection-tiny' })
  // @ts-expect-error: the folder is an address
  createEngine({ assets: 5 })
  // @ts-expect-error: the state is read only
  engine.state = { status: 'idle' }
  // @ts-expect-error: a role that there is not
  engine.stream({ messages: [{ role: 'tool', content: '' }] })
  // @ts-expect-error: options are checked
  engine.stream({ messages: [], options: { selfCheck: 'often' } })
  const run = engine.stream({ messages: [{ role: 'user', content: 'a' }] }, { signal: new AbortController().signal })
  for await (const event of run) {
    event satisfies RunEvent
    // @ts-expect-error: there is no such event
    if (event.type === 'text') break
    if (event.type === 'text-delta') event.delta satisfies string
    if (event.type === 'usage') event.usage satisfies Usage
  }
  engine.load().catch((error: unknown) => {
    if (ReflectionError.is(error)) error.code satisfies ErrorCode
    const code: ErrorCode = 'assets-missing'
    // @ts-expect-error: the codes are a closed list
    const other: ErrorCode = 'no-such-code'
    return [code, other]
  })

  const chat: ReflectionChatElement = document.createElement('reflection-chat')
  chat.engine = engine
  chat.mode = 'advanced'
  // @ts-expect-error: a mode that there is not
  chat.mode = 'loud'
  chat.sampling = { temperature: 0.5, selfCheck: 'more' }
  // @ts-expect-error: not an option of a reply
  chat.sampling = { temprature: 0.5 }
  chat.addEventListener('reflection-event', ({ detail }) => detail.event satisfies RunEvent)
  chat.addEventListener('reflection-message', ({ detail }) => detail.answer satisfies string)
  chat.addEventListener('reflection-error', ({ detail }) => detail.code satisfies ErrorCode)
  chat.ask('a').then((answer) => answer satisfies string)
`

test.each(['nodenext', 'bundler'])('its types serve a project with module resolution %s', (resolution) => {
  writeFileSync(join(project, 'use.ts'), CODE)
  const module = resolution === 'bundler' ? 'esnext' : 'nodenext'
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--types', '']
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  expect(node([compiler, ...options, '--module', module, '--moduleResolution', resolution, 'use.ts'])).toBe('')
})

/** A script with all that it imports at once, as a bundler ships it. */
async function bundledCode(script: string): Promise<string> {
  const entry = join(project, 'entry.js')
  writeFileSync(entry, script)
  const lib = { entry, formats: ['es' as const] }
  const built = await build({ root: project, configFile: false, logLevel: 'error', build: { write: false, lib } })
  const [{ output } = { output: [] }] = [built].flat() as {
    output: { type: string; code?: string; isEntry?: boolean }[]
  }[]
  return output.map(({ code = '', isEntry }) => (isEntry === false ? '' : code)).join('')
}

function node(parameters: string[]): string {
  return execFileSync(process.execPath, parameters, { cwd: project, encoding: 'utf8' })
}
