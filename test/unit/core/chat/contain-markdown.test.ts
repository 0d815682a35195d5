import { lexer, type Token } from 'marked'
import { describe, expect, test } from 'vitest'
import { containMarkdown, escapeMarkdown } from '../../../../src/core/chat/contain-markdown.ts'
import { createRandom } from '../tags/support/random.ts'

const contain = (text: string) => containMarkdown(text, 2)

/** The kinds of all tokens, however deep. */
function kindsOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => [
    token.type,
    ...kindsOf('tokens' in token ? (token.tokens ?? []) : []),
    ...(token.type === 'list' ? kindsOf(token['items']) : []),
  ])
}

const codeIn = (markdown: string) =>
  lexer(markdown).flatMap((token) => (token.type === 'code' ? [String(token['text'])] : []))

describe('Markdown in a section', () => {
  test.each([
    ['text *stays* as it is, `<b>` and ``a ` b`` too', 'text *stays* as it is, `<b>` and ``a ` b`` too'],
    ['# One\n## Two #\n###### Six\n#hash', '### One\n#### Two #\n###### Six\n#hash'],
    ['Title\n=====\nText\n---\nmore', '### Title\n#### Text\nmore'],
    ['two\nlines\n===', 'two\nlines\n\\==='],
    ['two\nlines\n---', 'two\nlines\n\n---'],
    ['- item\n===', '- item\n\\==='],
    ['---\n* * *\n---', '---\n* * *\n---'],
    ['```js\n# code <b>\n', '```js\n# code <b>\n\n```'],
    ['````\n```\n# x\n````\n# y', '````\n```\n# x\n````\n### y'],
    ['~~~\n```\n~~~\n# y', '~~~\n```\n~~~\n### y'],
    ['``` a`b\n# y', '\\`\\`\\` a\\`b\n### y'],
    ['- ```\n  # code\n# y', '- ```\n  # code\n  ```\n### y'],
    ['> ```\n> # code\n\n# y', '> ```\n> # code\n> ```\n\n### y'],
    ['    # code <b>\n\n    more', '    # code <b>\n\n    more'],
    ['text\n    <b>', 'text\n    \\<b>'],
    ['<!-- <details>', '\\<!-- \\<details>'],
    ['a < b, a<b, <https://a.org>, \\<b>', 'a < b, a<b, <https://a.org>, \\<b>'],
    ['one ` here\n`<b>` there', 'one \\` here\n`<b>` there'],
  ])('%j is %j', (text, expected) => {
    expect(contain(text)).toBe(expected)
  })

  test('keeps code in fences to the letter', () => {
    const text =
      '1. First\n\n   ```sh\n   # install\n   npm i <name>\n   ```\n\n2. Then\n\n```html\n<!-- # --> <b>\n```\n\nDone.'
    expect(contain(text)).toBe(text)
    expect(codeIn(contain(text))).toEqual(['<!-- # --> <b>'])
  })

  const LINES = [
    '# h|  ## h|#|text|===|---|-|--||| |    # x|   ```|      ~~~|\t```|```|```js|````|~~~|~~~~ `|``` `|- ```|> ```|1. ~~~',
    '|- - ```|> - ```|-   ```|- a|  b|> q|>|10) x|* * *|<!-- c|<details>|<b|</p>|<?x|<![CDATA[|<script>|`|``|`<b>`|\\`<b>`',
    '|a `b\\` <i> `|[x]: <y|<https://a.org>|-\ta|  # deep|    - c|\t- d|     ```|  ~~~|- # x|> # x|a`<b>`` `c',
  ]
    .join('')
    .split('|')

  test('has no heading of ours, no HTML and no end, for any lines', () => {
    for (let seed = 0; seed < 20_000; seed++) {
      const random = createRandom(seed)
      const text = Array.from({ length: 1 + random.below(8) }, () => random.pick(LINES)).join('\n')
      const tokens = lexer(`# Ours\n\n${contain(text)}\n\n# End\n`)
      const headings = tokens.filter((token) => token.type === 'heading' && token['depth'] <= 2)
      const titles = headings.map((token) => ('text' in token ? token.text : ''))
      expect(titles, `${JSON.stringify(text)}`).toEqual(['Ours', 'End'])
      expect(kindsOf(tokens), `${JSON.stringify(text)}`).not.toContain('html')
    }
  })
})

describe('escaped text', () => {
  test('is shown to the letter, in one line', () => {
    const text = '*a* _b_ `c` [d](e) <f> # g \\ & | ~h~ ![i](j) $k$'
    const [token] = lexer(`# ${escapeMarkdown(`${text}\nnext`)}`)
    expect(
      kindsOf(token === undefined ? [] : [token]).filter((kind) => !['heading', 'text', 'escape'].includes(kind)),
    ).toEqual([])
  })
})
