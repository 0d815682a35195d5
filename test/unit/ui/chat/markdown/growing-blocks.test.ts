import { describe, expect, test } from 'vitest'
import {
  createGrowingBlocks,
  type BlockChange,
  type BlockPart,
} from '../../../../../src/ui/chat/markdown/growing-blocks.ts'
import { BOUNDS, BoundReached } from '../../../../../src/ui/chat/markdown/bounds.ts'
import { blocksHtml } from '../../../../../src/ui/chat/markdown/blocks-html.ts'
import {
  readBlocks,
  type AnyBlock,
  type CodeBlock,
  type ListBlock,
  type TableBlock,
} from '../../../../../src/ui/chat/markdown/read-blocks.ts'

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

const LONG_ONES = {
  'code without an end': '```py\nfor a in b:\n\n    ``\n    pass\n\n',
  'code whose fence is longer': '````\n```\na\n```\n````\nAfter.',
  'empty code': '```\n```\n\nAfter.',
  'code with an empty line': '```\n\n```\nAfter.',
  'code with empty lines at its ends': '~~~ts title\n\na\n\n\n~~~\n\n~~~\nb\n~~~',
  'a fence with an indent': '  ```\n  a\n  ```\n\n- ```\n  in an item\n  ```\n- b\n',
  'a list that gets loose': '- a\n- b\n- c\n\n- d\n- e\n  - f\n  - g\n\nAfter.',
  'a list that another follows': '1. a\n2. b\n3. c\n\n* d\n* e\n+ f\n',
  'a list of tasks': '- [ ] a\n- [x] b\n- [ ] c\n\n- [x] d\n- e\n',
  'a list from seven on': '7) a\n8) b\nlazy\n9) c\n   more\n10) d\n\n    still d\n11) e',
  'a list with indents': ' - a\n  - b\n - c\n\n - d\n  - e\n\n   f\n',
  'a list before a line': '- a\n- b\n- c\n- - -\n- d\n# Title',
  'a table': '| a | b |\n|:--|--:|\n| 1 | 2 |\n| 3 |\n4 | 5 | 6\nlast\n\n| 7 | 8 |\n',
  'a table before a title': 'a | b\n--|--\n1 | 2\n3 | 4\n# Title\n> quote\n',
  'a table without rows': '| a |\n|---|\n\n| a |\n|---|\n| 1 |\n',
  'a table with spaces at the ends of its lines':
    '| a | b | \n|---|---| \n| 1 | 2 | \n| 3 | 4 |  \n5 | 6 \n\nAfter. \n',
  'a formula in lines that look like items': '$$\nf(x) = a\n+ b\n- c\n1. d\n# e\n$$\nAfter.',
  'a formula below a paragraph': 'It is\nthis:\n\\[\nf(x) = a\n+ b\n= c\n\\]\nAfter.',
  'a formula below other blocks': '- a\n- b\n$$\n- c\n+ d\n$$\n| a |\n|---|\n| 1 |\n$$\n+ e\n$$\n# Title\n$$\n+ f\n$$',
  'a formula in a list and a quotation': '- a\n- $$\n  b\n  + c\n  $$\n- d\n\n> $$\n> e\n> + f\n> $$\n\nAfter.',
  'a formula that has no end':
    'It is\n$$\na\n+ b\n\n\\[\n- c\n\n- d\n- e\n$$\n+ f\n\n| a |\n|---|\n| 1 |\n$$\n- g\n\n> $$\n+ h',
}

const read = (source: string, isTail = false, mayGoOn = false): AnyBlock[] => readBlocks(source, {}, mayGoOn, isTail)

/** Puts the parts of blocks together, as a page does. */
function assemble(blocks: readonly AnyBlock[], parts: readonly BlockPart[]): AnyBlock[] {
  const all = [...blocks]
  for (const { place, blocks: added } of parts) {
    const [first] = added
    const last = all.at(-1)
    if (place === 'instead') all.pop()
    if (place !== 'inside') all.push(...added.filter(({ type }) => type !== 'space' && type !== 'definition'))
    else if (last !== undefined && first !== undefined) all[all.length - 1] = joined(last, first)
  }
  return all
}

function joined(block: AnyBlock, more: AnyBlock): AnyBlock {
  expect(more.type).toBe(block.type)
  if (block.type === 'table') return { ...block, tokens: withRows(block as TableBlock, more as TableBlock) }
  if (block.type === 'list')
    return { ...block, items: [...(block as ListBlock).items, ...(more as ListBlock).items] } as ListBlock
  return { ...block, text: (block as CodeBlock).text + (more as CodeBlock).text } as CodeBlock
}

function withRows({ tokens: head }: TableBlock, { tokens: more }: TableBlock): AnyBlock['tokens'] {
  const body = (tokens: AnyBlock['tokens']) => tokens.findIndex(({ type }) => type === 'tbody_open')
  if (body(head) < 0) return more
  return [...head.slice(0, -2), ...more.slice(body(more) + 1)]
}

/** All that a text showed while it grew, `length` characters at a time, and at its end. */
function grow(text: string, length: number): { shown: AnyBlock[]; changes: BlockChange[]; tails: string[] } {
  const blocks = createGrowingBlocks(read)
  const changes: BlockChange[] = []
  const tails: string[] = []
  let shown: AnyBlock[] = []
  const update = (source: string, isWhole: boolean) => {
    const change = blocks.update(source, isWhole)
    if (change === undefined) return
    changes.push(change)
    shown = assemble(shown, change.settled)
    tails.push(blocksHtml(assemble(shown, change.tail)))
  }
  for (let at = length; at < text.length; at += length) update(text.slice(0, at), false)
  update(text, true)
  return { shown, changes, tails }
}

describe('a text that grows', () => {
  test.each([1, 2, 3, 7, 1000])('is rendered as if it had come at once, %i characters at a time', (length) => {
    expect(blocksHtml(grow(SAMPLE, length).shown)).toBe(blocksHtml(read(SAMPLE)))
  })

  test.each(Object.entries(LONG_ONES))('is rendered as if it had come at once: %s', (_, text) => {
    for (const whole of [text, `${text}\n`, `${text}\n\nThe end.`]) {
      for (const length of [1, 2, 5]) expect(blocksHtml(grow(whole, length).shown)).toBe(blocksHtml(read(whole)))
    }
  })

  test('has its beginning settled before its end has come', () => {
    const change = createGrowingBlocks(read).update('One.\n\nTwo.\n\nThr', false)
    expect(blocksHtml(assemble([], change?.settled ?? []))).toBe('<p>One.</p>\n')
    expect(blocksHtml(assemble([], change?.tail ?? []))).toBe('<p>Two.</p>\n<p>Thr</p>\n')
  })

  test.each([
    ['code', '```py\na = 1\nb = 2\nc'],
    ['a table', '| a |\n|---|\n| 1 |\n| 2 |\n| 3'],
    ['a list', '- a\n- b\n- c\n- d\n- e'],
  ])('has the parts of %s settled while it grows', (_, text) => {
    const { changes } = grow(`${text} `, 1)
    expect(
      changes.slice(0, -1).filter(({ settled }) => settled.some(({ place }) => place === 'inside')).length,
    ).toBeGreaterThan(1)
  })

  test('never shows the fence that ends code as code', () => {
    const { tails } = grow('```\na\n```\nb', 1)
    expect(tails.filter((shown) => /<pre[^]*`/.test(shown))).toEqual([])
    expect(tails.some((shown) => shown.includes('a'))).toBe(true)
  })

  test.each(['```python\na = 1', 'Text:\n~~~python\na = 1'])(
    'shows a block of code only once the line of its fence has ended: %j',
    (text) => {
      const shown = grow(`${text}\n`, 1).tails.join('')
      const languages = Array.from(shown.matchAll(/language-(\w*)/g), ([, language]) => language)
      expect(new Set(languages)).toEqual(new Set(['python']))
    },
  )

  test.each(['```', '```python', '~~~\n'])(
    'ends without an empty block of code where it was cut off after %j',
    (fence) => {
      for (const length of [1, 2, 5, 50])
        expect(blocksHtml(grow(`Text.\n\n${fence}`, length).shown)).toBe(blocksHtml(read('Text.')))
      expect(blocksHtml(grow('```\n```\n', 1).shown)).toContain('<pre')
    },
  )

  test.each(['- a\n- ```', '- a\n\n  ```python', '1. a\n   - b\n     ~~~\n', '> a\n>\n> ```js\n> '])(
    'nor with one in a list or a quotation: %j',
    (text) => {
      for (const length of [1, 5, 50]) expect(blocksHtml(grow(text, length).shown)).not.toContain('<pre')
    },
  )

  /** What stands there after each character, without the elements around it. */
  const shownOf = (text: string) => grow(`${text}\n\nThe end.`, 1).tails.filter((shown) => !shown.includes('The'))

  test.each([
    'See [decimals](https://example.org/decimals/explained "Why") now.',
    '**See [https://other.example/](<https://example.org/decimals/explained>) now.**',
    '- a\n- See ![decimals](https://example.org/decimals/explained) now.',
    '| a | b |\n|---|---|\n| 1 | [decimals](https://example.org/decimals/explained) |',
    'See [the [1] `](` one](https://example.org/decimals/explained), and more.',
    'See https://example.org/decimals/explained, and more.',
  ])('never leads to half of an address: %j', (text) => {
    const links = shownOf(text).flatMap((shown) => Array.from(shown.matchAll(/href="([^"]*)"/g), ([, href]) => href))
    expect(new Set(links)).toEqual(new Set(['https://example.org/decimals/explained']))
  })

  test('shows what follows a link at once, also without a space', () => {
    const shown = grow('见[说明](https://example.org/a)，后面的文字没有空格', 1).tails
    for (const one of shown.slice(shown.findIndex((each) => each.includes('后'))))
      expect(one).toMatch(/href="https:..example.org.a".*>说明<.a>，后/)
  })

  test('shows of a link whose address is not all there the text alone', () => {
    const shown = grow('See [the **one**](https://example.org/a "b', 1).tails
    expect(shown.at(-2)).toBe('<p>See the <strong>one</strong></p>\n')
    expect(shown.filter((one) => one.includes('](')).length).toBe(1) // the last one, as nothing more comes
  })

  test.each([
    ['a **bold word** and `more code` with _words_ in it', /[*_`]/],
    ['- a\n- ***both* of** them, ``a ` b``.', /[*_]|``/],
    ['2*3 is 6, and 2 * 3', /<em>/],
  ])('shows no signs that are about to be more than that: %j', (text, signs) => {
    const shown = shownOf(text)
    expect(shown.length).toBeGreaterThan(10)
    expect(shown.slice(0, -1).filter((one) => signs.test(one))).toEqual([])
  })

  test('shows many signs that nothing ends as they are written', () => {
    expect(blocksHtml(read('*a *b *c *d', true))).toContain('<em>')
    expect(blocksHtml(read('*a *b *c *d *e', true))).toBe('<p>*a *b *c *d *e</p>\n')
  })

  test.each(['a **b', 'a `b', '*a', '[a](b', 'a ![b](c "d', 'a **', '`'])(
    'is at its end as it was written: %j',
    (text) => {
      for (const whole of [text, `${text}\n\nMore.`]) {
        expect(blocksHtml(grow(whole, 1).shown)).toBe(blocksHtml(read(whole)))
        const escaped = text.replace(/["']/g, (sign) => `&#${sign.charCodeAt(0)};`)
        expect(grow(whole, 1).tails.at(-1)).toContain(`<p>${escaped}</p>`)
      }
    },
  )

  const LINE = 'a line of code = 1\n'
  test.each([
    ['paragraphs', '', 'paragraph one.\n\n'],
    ['one paragraph', '', 'one word more '],
    ['one block of code', '```py\n', LINE],
    ['one table', '| a | b |\n|---|---|\n', '| one | two |\n'],
    ['one list', '', '- one item of it\n'],
    ['one loose list', '', '- one item of it\n\n'],
    ['one list in another', '- a\n', '  - one item of it\n'],
    ['one quotation', '', '> a line of it\n'],
    ['one block of code in a list', '- ```\n', `  ${LINE}`],
    [
      'an answer with all of them',
      '',
      `# Title\n\nText, *more* text.\n\n- a\n- b\n\n\`\`\`\n${LINE}\`\`\`\n\n| a |\n|---|\n| 1 |\n\n$$x$$\n\n`,
    ],
  ])('is read in time linear in its length: %s', (_, start, unit) => {
    const work = (length: number) => {
      let characters = 0
      const blocks = createGrowingBlocks((source, isTail, mayGoOn) => {
        characters += source.length
        return read(source, isTail, mayGoOn)
      })
      const text = start + unit.repeat(Math.ceil(length / unit.length))
      for (let at = 4; at <= text.length; at += 4) blocks.update(text.slice(0, at), false)
      return characters
    }
    const most = BOUNDS.paragraph - 100
    const [short, long] = [work(most / 4), work(most)]
    expect(long / short).toBeLessThan(4.5)
    expect(long).toBeLessThan(80 * most)
  })
})

describe('a bound', () => {
  const grown = (text: string) => {
    const blocks = createGrowingBlocks(read)
    for (let at = 500; at < text.length + 500; at += 500) blocks.update(text.slice(0, at), false)
  }

  test('is reached by a paragraph that is too long, and not by as much code in an item of a list', () => {
    const length = BOUNDS.paragraph * 1.5
    expect(() => grown('one word more '.repeat(length / 14))).toThrow(BoundReached)
    expect(() => grown(`1. Write this:\n   \`\`\`\n${'   a line of code = 1\n'.repeat(length / 22)}`)).not.toThrow()
  })
})

describe('formulae', () => {
  test.each([
    ['$a + b$', 'a + b'],
    ['so $7 \\cdot 6$.', '7 \\cdot 6'],
    ['$2 + 3 = 5$', '2 + 3 = 5'],
    ['$A = \\{1, 2\\}$', 'A = \\{1, 2\\}'],
    ['so $25\\%$.', '25\\%'],
    ['\\(x^2\\)', 'x^2'],
    ['so $$x$$ is', 'x'],
  ])('%s is one', (source, tex) => {
    expect(blocksHtml(read(source))).toContain(`<span class="math">${tex}</span>`)
  })

  test.each(['$$\nx = 1\n$$', '\\[x = 1\\]'])('%j is one that stands alone', (source) => {
    expect(blocksHtml(read(source))).toContain('<span class="math math-display">x = 1</span>')
  })

  test('that stands alone is shown as it is written until its end has come', () => {
    const { tails } = grow('Text:\n$$\nf(x) = a\n+ b\n$$', 1)
    expect(tails.filter((shown) => shown.includes('<ul>'))).toEqual([])
    expect(tails.at(-2)).toBe('<p>Text:</p>\n<p class="source">$$\nf(x) = a\n+ b\n$</p>\n')
  })

  test.each([
    'It costs $5 and then $6.',
    'US$ 5',
    '`$a$`',
    '$ a $',
    'from $5 to $10',
    'it was $5 (US$) then',
    'it was $5 \\$ then',
    'it was $5 \\ $',
  ])('%s has none', (source) => {
    expect(blocksHtml(read(source))).not.toContain('math')
  })
})
