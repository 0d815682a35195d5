import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

// WCAG 2.2: text needs a contrast of 4.5 to 1 with its ground, the edges of what is operated and the marks of a state 3 to 1.
const CSS = readFileSync('src/ui/parts/tokens.css', 'utf8')
const COLORS = new Map(
  [...CSS.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name = '', ...pair]) => [name, pair]),
)

const GROUNDS = ['ground', 'raised', 'side', 'hover', 'accent-ground']
const WRITTEN = ['text', 'text-quiet', 'accent', 'failure']
const TEXT = [
  ...GROUNDS.flatMap((ground) => WRITTEN.map((text) => [text, ground] as const)),
  ...['code-word', 'code-text', 'code-number'].map((text) => [text, 'raised'] as const),
  ['on-accent', 'accent'] as const,
  ['ground', 'text'] as const, // of tooltips
]
const EDGES = GROUNDS.map((ground) => ['line-strong', ground] as const)

describe.each([
  ['light', 0],
  ['dark', 1],
])('in the %s colours', (_, scheme) => {
  const colorOf = (name: string) => {
    const color = COLORS.get(name)?.[scheme]
    if (color === undefined) throw new Error(`There is no colour --${name}.`)
    return color
  }
  const contrastOf = (one: string, other: string) => {
    const [brighter = 0, darker = 0] = [one, other].map((name) => luminance(colorOf(name))).toSorted((a, b) => b - a)
    return (brighter + 0.05) / (darker + 0.05)
  }

  test.each(TEXT)('%s can be read on %s', (text, ground) => {
    expect(contrastOf(text, ground)).toBeGreaterThanOrEqual(4.5)
  })

  test.each(EDGES)('%s can be seen on %s', (edge, ground) => {
    expect(contrastOf(edge, ground)).toBeGreaterThanOrEqual(3)
  })
})

test('every colour has a light and a dark value', () => {
  expect(COLORS.size).toBe([...CSS.matchAll(/light-dark\(/g)].length)
})

/** Of a colour `#rrggbb`, as WCAG defines it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
