import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const code = (folder: string) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|css)$/.test(name))
    .map((name) => read(`${folder}/${name}`))
    .join('\n')

interface Named {
  readonly name: string
}
const manifest = JSON.parse(read('src/widget/custom-elements.json'))
const chat = manifest.modules[1].declarations[0] as Record<
  'attributes' | 'members' | 'events' | 'slots' | 'cssParts' | 'cssProperties',
  readonly Named[]
>
const names = (list: readonly Named[]) => list.map(({ name }) => name).toSorted()
const matches = (text: string, expression: RegExp) =>
  [...new Set([...text.matchAll(expression)].flatMap(([, found = '']) => found.split(' ')))].toSorted()
const element = read('src/widget/reflection-chat.ts')
const all = code('src/widget') + code('src/ui')

// The manifest is what editors complete and what people read: it says what is there, and nothing else.

test('the manifest has the attributes that the element observes or reflects', () => {
  const observed = /observedAttributes: readonly string\[\] = \[([^\]]*)\]/.exec(element)?.[1] ?? ''
  expect(names(chat.attributes)).toEqual(
    [...matches(observed, /'([\w-]+)'/g), 'theme', 'name'].toSorted(), // the last two take effect by themselves
  )
})

test('and its fields and methods', () => {
  const own = matches(element, /^ {2}(?:get|override|async)? ?([a-z]\w*)\([^)]*\): /gm)
  const hidden = /Callback$|^addEventListener$/
  const attributes = new Set(names(chat.attributes))
  expect(names(chat.members)).toEqual(own.filter((name) => !hidden.test(name) && !attributes.has(name)))
})

test('and its events, slots and parts', () => {
  expect(names(chat.events)).toEqual(matches(read('src/widget/chat-events.ts'), /'(reflection-[a-z]+)'/g))
  expect(names(chat.slots)).toEqual(
    [...matches(all, /<slot name="([\w-]+)"/g), ...matches(all, /slot\('([\w-]+)'\)/g)]
      .filter((name, index, list) => list.indexOf(name) === index)
      .toSorted(),
  )
  const parts = [...matches(all, /\bpart="([\w -]+)"/g), ...matches(all, /make\('\w+', '[\w -]*', '([\w-]+)'\)/g)]
  expect(names(chat.cssParts)).toEqual([...new Set(parts)].toSorted())
})

test('and only properties of style that there are', () => {
  const css = read('src/ui/parts/tokens.css') + read('src/widget/reflection-chat.css')
  for (const name of names(chat.cssProperties)) expect(css).toMatch(new RegExp(`^ *${name}:`, 'm'))
})
