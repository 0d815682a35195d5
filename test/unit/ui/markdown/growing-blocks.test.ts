import { Marked, type Token } from 'marked'
import { describe, expect, test } from 'vitest'
import { createGrowingBlocks } from '../../../../src/ui/markdown/growing-blocks.ts'
import { mathExtension } from '../../../../src/ui/markdown/math-extension.ts'

const SAMPLE = `# Title

A paragraph
of two lines.
#hashtag is no heading

- one
- two

  still two

1. first
2. second

| a | b |
|---|---|
| 1 | 2 |

\`\`\`js
const a = 1

const b = 2
\`\`\`

Setext
------

> a quote
and its lazy line

    code

    more code

The end.`

const marked = new Marked()
const read = (source: string): Token[] => marked.lexer(source)
const html = (blocks: readonly Token[]) => marked.parser([...blocks])

describe('a text that grows', () => {
  test.each([1, 2, 3, 7, 1000])('is rendered as if it had come at once, %i characters at a time', (length) => {
    const blocks = createGrowingBlocks(read)
    let shown = ''
    for (let at = length; at < SAMPLE.length; at += length) {
      shown += html(blocks.update(SAMPLE.slice(0, at), false)?.finished ?? [])
    }
    shown += html(blocks.update(SAMPLE, true)?.finished ?? [])
    expect(shown).toBe(html(read(SAMPLE)))
  })

  test('has its beginning finished before its end has come', () => {
    const blocks = createGrowingBlocks(read)
    const change = blocks.update('One.\n\nTwo.\n\nThr', false)
    expect(html(change?.finished ?? [])).toBe('<p>One.</p>\n')
    expect(html(change?.tail ?? [])).toBe('<p>Two.</p>\n<p>Thr</p>\n')
  })

  test.each(['paragraph one.\n\n', 'one word more '])('is read in time linear in its length: %j', (unit) => {
    const work = (repeats: number) => {
      let characters = 0
      const blocks = createGrowingBlocks((source) => {
        characters += source.length
        return read(source)
      })
      const text = unit.repeat(repeats)
      for (let at = 4; at <= text.length; at += 4) blocks.update(text.slice(0, at), false)
      return characters
    }
    expect(work(800) / work(200)).toBeLessThan(5)
  })
})

describe('formulae', () => {
  const math = new Marked()
  math.use(mathExtension((text) => text))

  test.each([
    ['$a + b$', '<span class="math">a + b</span>'],
    ['\\(x^2\\)', '<span class="math">x^2</span>'],
    ['so $$x$$ is', '<span class="math">x</span>'],
  ])('%s is one', (source, span) => {
    expect(math.parse(source)).toContain(span)
  })

  test.each(['$$\nx = 1\n$$', '\\[x = 1\\]'])('%j is one that stands alone', (source) => {
    expect(math.parse(source)).toContain('<span class="math math-display">x = 1</span>')
  })

  test.each(['It costs $5 and then $6.', 'US$ 5', '`$a$`', '$ a $', 'from $5 to $10'])('%s has none', (source) => {
    expect(math.parse(source)).not.toContain('math')
  })
})
