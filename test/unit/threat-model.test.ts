import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const text = read('docs/threat-model.md')
const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).map((path) => `test/${path}`)

test('the threat model names tests, files and commands that there are', () => {
  const named = [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  const files = named.filter((name) => /\.ts$|^test\//.test(name))
  expect(files.length).toBeGreaterThan(20)
  const isThere = (name: string) => existsSync(join(root, name)) || tests.some((path) => path.endsWith(`/${name}`))
  expect(files.filter((name) => !isThere(name))).toEqual([])
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const commands = named.flatMap((name) => /^npm run (\w+)$/.exec(name)?.slice(1) ?? [])
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([])
})

test('the threat model quotes tests by their names', () => {
  const quoted = [...text.matchAll(/`(test\/[^`]+)` \("([^"]+)"\)/g)]
  expect(quoted.length).toBeGreaterThan(2)
  for (const [, place = '', name = ''] of quoted) {
    const sources = tests.filter((path) => path.startsWith(place) && path.endsWith('.ts'))
    expect(sources.filter((path) => read(path).includes(name)).length, `${place}: ${name}`).toBeGreaterThan(0)
  }
})
