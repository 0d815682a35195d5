import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { createScriptedEngine, SCRIPTED_MODEL } from '../fakes/scripted-engine.ts'

// What the documents show of the interfaces, run as it is written; what they show of pages is run in one by `test/package/pages.test.ts`.

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** Where the imports of a snippet lead. */
const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  ai: () => import('ai-7'),
  openai: () => import('openai'),
  'second-thought/ai-sdk': () => import('../../src/ai-sdk.ts'),
  'second-thought/openai': () => import('../../src/openai.ts'),
  'second-thought/parser': () => import('../../src/parser.ts'),
  'second-thought/prompt-api': () => import('../../src/prompt-api.ts'),
}

/** The snippets of a chapter of a document. */
function snippets(path: string, chapter: string): string[] {
  const [, text = ''] = read(path).split(`\n## ${chapter}\n`)
  const [before = ''] = text.split('\n## ')
  return [...before.matchAll(/```[jt]sx?\n([^]*?)```/g)].map(([, code = '']) => code)
}

/** What a snippet imports, by the names that it has for it. */
async function importsOf(code: string): Promise<Record<string, unknown>> {
  const names: Record<string, unknown> = {}
  for (const [, whole, parts = '', from = ''] of code.matchAll(/^import (?:(\w+)|\{(.*)\}) from '(.*)'/gm)) {
    const open = MODULES[from]
    if (open === undefined) throw new Error(`Nobody knows ${from}.`)
    const module = (await open()) as Record<string, unknown>
    if (whole !== undefined) names[whole] = module['default']
    for (const part of parts.split(',').map((name) => name.trim())) if (part !== '') names[part] = module[part]
  }
  return names
}

/** Runs a snippet to its end. @param given - Names that it takes for granted. @returns What it logged, line by line. */
async function run(code: string, given: Readonly<Record<string, unknown>>): Promise<string[]> {
  const said: string[] = []
  const console = { log: (...values: unknown[]) => void said.push(values.join(' ')) }
  const scope = { console, ...given, ...(await importsOf(code)) }
  const AsyncFunction = run.constructor as new (...parameters: string[]) => (...values: unknown[]) => Promise<void>
  await new AsyncFunction(...Object.keys(scope), code.replace(/^import .*$/gm, ''))(...Object.values(scope))
  return said
}

const REPLY = '<thinking>47 * 38 = 1776<reflection>No, 1786.</reflection></thinking><output>It is 1786.</output>'

async function scripted() {
  const engine = createScriptedEngine({ replies: [REPLY] })
  await engine.load(SCRIPTED_MODEL)
  return engine
}

const joined = (said: readonly string[], begin: string) =>
  said.flatMap((line) => (line.startsWith(begin) ? [line.slice(begin.length)] : [])).join('')

test.each(['OpenAI', 'AI SDK'])('docs/interfaces.md: %s', async (chapter) => {
  const [first = '', ...others] = snippets('docs/interfaces.md', chapter)
  const said = await run(first, { engine: await scripted() })
  expect(joined(said, 'says: ')).toBe('It is 1786.')
  expect(joined(said, 'thinks: ')).toContain('1776')
  for (const code of others) expect(await run(code, { engine: await scripted() })).toEqual([])
})

test('docs/interfaces.md: Prompt API', async () => {
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'LanguageModel'))
  const [code = ''] = snippets('docs/interfaces.md', 'Prompt API')
  const said = await run(code, { engine: await scripted(), model: SCRIPTED_MODEL })
  expect(said.join('')).toContain('It is 1786.')
  expect(said.join('\n')).toMatch(/^thinking 47/)
})

test('README: for software that knows other interfaces', async () => {
  const [code = ''] = snippets('README.md', 'For software that knows other interfaces')
  const names = await importsOf(
    "import OpenAI from 'openai'\nimport { streamText } from 'ai'\n" +
      "import { createFetch } from 'second-thought/openai'\nimport { createLanguageModel } from 'second-thought/ai-sdk'",
  )
  const given = { ...names, engine: await scripted() }
  const asks = `const { choices } = await client.chat.completions.create({ model: 'any', messages: [{ role: 'user', content: 'Hi' }] })
    console.log(choices[0].message.content)
    for await (const part of stream) if (part.type === 'text-delta') console.log(part.text)`
  expect((await run(`${code}\n${asks}`, given)).join('')).toBe('It is 1786.It is 1786.')
})

test('README: the parser alone', async () => {
  const [code = ''] = snippets('README.md', 'The parser alone')
  const said = await run(code, {})
  expect(joined(said, 'says: ')).toBe('16')
  expect(joined(said, 'thinks: ')).toContain('not 15')
})

test('README: in React, as docs/examples/react has it, which `npm run test:examples` builds', () => {
  const code = /```jsx\n([^]*?)```/.exec(read('README.md'))?.[1] ?? 'no snippet'
  expect(read('docs/examples/react/help.tsx')).toContain(code)
})

test('docs/offline.md: a service worker by hand, whose next version has the next files and takes the older ones away', async () => {
  const code = snippets('docs/offline.md', 'A page of yours, with the package or the element').at(-1) ?? ''
  const scope = 'https://site.example/'
  let version = 'one' // of what the site serves
  const kept = new Map([['another-site', new Map<string, string>()]])
  const fetched = (address: string) =>
    address.endsWith('assets.json') ? JSON.stringify({ version, files: [{ path: 'worker.js' }] }) : version
  const caches = {
    keys: async () => [...kept.keys()],
    delete: async (name: string) => kept.delete(name),
    async open(name: string) {
      const files = kept.get(name) ?? new Map<string, string>()
      kept.set(name, files)
      return {
        addAll: async (requests: readonly { url: string }[]) =>
          requests.forEach(({ url }) => files.set(url, fetched(url))),
        match: async ({ url }: { url: string }) => files.get(url),
      }
    },
    // As browsers have it: the oldest cache that has it answers.
    match: async ({ url }: { url: string }) => [...kept.values()].find((files) => files.has(url))?.get(url),
  }
  class Request {
    readonly url: string
    constructor(address: string) {
      this.url = new URL(address, scope).href
    }
  }
  /** A version of the script. @returns Has one of its listeners do its work. */
  const begin = async (script: string) => {
    const listeners = new Map<string, (event: object) => void>()
    const self = {
      registration: { scope },
      addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
    }
    await run(script, { self, caches, Request, fetch: async (address: string) => new Response(fetched(address)) })
    return async (type: string, request: object = {}) => {
      const works: unknown[] = []
      const wait = (work: unknown) => works.push(work)
      listeners.get(type)?.({ request, waitUntil: wait, respondWith: wait })
      return (await Promise.all(works))[0]
    }
  }
  const worker = { method: 'GET', url: `${scope}second-thought/worker.js` }

  const first = await begin(code)
  for (const type of ['install', 'activate']) await first(type)
  version = 'two'
  expect(await first('fetch', worker)).toBe('one')
  const second = await begin(code.replace('}1`', '}2`'))
  await second('install')
  expect(await first('fetch', worker)).toBe('one')
  await second('activate')
  expect(await second('fetch', worker)).toBe('two')
  expect([...kept.keys()]).toEqual(['another-site', 'my-site-2'])
})
