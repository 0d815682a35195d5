import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { analyse } from 'scslre'
import { parseSync, Visitor } from 'vite'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Expression {
  readonly place: string
  readonly source: string
  readonly flags: string
}

/** All regular expressions that are written in a file. */
function expressionsIn(place: string, code: string): Expression[] {
  const found: Expression[] = []
  const { program } = parseSync(place, code)
  new Visitor({
    Literal(node) {
      if ('regex' in node) found.push({ place, source: node.regex.pattern, flags: node.regex.flags })
    },
  }).visit(program)
  return found
}

/** What text makes an expression slow: its steps grow faster than the text, from wherever it is tried. */
function slownessOf({ source, flags }: Expression): string | undefined {
  const [report] = analyse({ source, flags }, { reportTypes: { Move: true } }).reports
  if (report === undefined) return undefined
  return `${report.exponential ? 'exponential' : 'polynomial'} in ${report.character.literal.source.slice(0, 40)}`
}

test('no expression takes more than a time linear in its text: what is read may be a megabyte of anything', () => {
  const files = ['src', 'worker'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  )
  const expressions = files.flatMap((file) => expressionsIn(file, readFileSync(join(root, file), 'utf8')))
  expect(expressions.length).toBeGreaterThan(80)
  const slow = expressions.flatMap((expression) => {
    const slowness = slownessOf(expression)
    return slowness === undefined ? [] : [`${expression.place} /${expression.source}/: ${slowness}`]
  })
  expect(slow).toEqual([])
})

describe('a slow one is found', () => {
  test.each([
    ['/^[\\p{P}\\p{S}]+|[\\p{P}\\p{S}]+$/gu', 'polynomial'], // took 7.7 s for the 16 kB of a link, once
    ['/\\s*\\n/', 'polynomial'],
    ['/^(\\d+[.,]?\\d*)$/', 'polynomial'],
    ['/^(a+)+$/', 'exponential'],
  ])('%s', (literal, growth) => {
    const [expression] = expressionsIn('a.ts', `const a: RegExp = ${literal}`)
    if (expression === undefined) throw new Error('The expression was not found.')
    expect(slownessOf(expression)).toContain(growth)
  })
})
