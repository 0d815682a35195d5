import { afterEach, expect, test } from 'vitest'
import { cdp } from 'vitest/browser'
import '../../src/ui/app/app-page.css'
import { MarkdownTextElement } from '../../src/ui/chat/markdown/markdown-text.ts'
import { find, until } from './support/elements.ts'

customElements.define('st-markdown', MarkdownTextElement)

afterEach(() => document.body.replaceChildren())

/** An answer in its message, in a column of some width. */
async function show(text: string, width: number): Promise<HTMLElement> {
  const column = document.createElement('main')
  column.style.width = `${width}px`
  const message = document.createElement('article')
  message.className = 'message reply'
  const answer = new MarkdownTextElement()
  answer.className = 'answer'
  answer.content = { text, isWhole: true }
  message.append(answer)
  column.append(message)
  document.body.append(column)
  await until(() => answer.childElementCount > 0)
  return answer
}

/** How wide a text is drawn in an element. */
function widthOf(text: string, parent: HTMLElement): number {
  const drawn = document.createElement('span')
  drawn.style.whiteSpace = 'pre'
  drawn.textContent = text
  parent.append(drawn)
  const { width } = drawn.getBoundingClientRect()
  drawn.remove()
  return width
}

test.each([
  ['8. a\n9. b\n10. c', '10. '],
  ['98. a\n99. b\n100. c\n101. d', '101. '],
  ['98. a\n\n99. b\n\n100. c', '100. '],
  ['1986. A great year.', '1986. '],
  ['- a\n\n  1986. A great year.', '1986. '],
  ['123456789. a', '123456789. '],
])('the numbers of the list %j have room in the answer', async (text, number) => {
  const answer = await show(text, 360)
  const list = find(answer, 'ol')
  const room = parseFloat(getComputedStyle(list).paddingInlineStart)
  expect(room).toBeGreaterThanOrEqual(widthOf(number, find(list, 'li')))
})

test('a list gets its room as it grows', async () => {
  const answer = (await show('1. item\n', 360)) as MarkdownTextElement
  const lines = Array.from({ length: 101 }, (_, index) => `${index + 1}. item\n`)
  const room = () => parseFloat(getComputedStyle(find(answer, 'ol')).paddingInlineStart)
  answer.content = { text: lines.slice(0, 50).join(''), isWhole: false }
  await until(() => answer.querySelectorAll('li').length === 50)
  const before = room()
  for (let end = 51; end <= 101; end += 10) answer.content = { text: lines.slice(0, end).join(''), isWhole: false }
  answer.content = { text: lines.join(''), isWhole: true }
  await until(() => answer.querySelectorAll('li').length === 101)
  expect(answer.querySelectorAll('ol')).toHaveLength(1)
  expect(room()).toBeGreaterThan(before)
})

test('nothing of wide code and tables is cut off on paper', async () => {
  const row = (cell: string) => `|${` ${cell} |`.repeat(8)}\n`
  const text = `\`\`\`js\nconst long = '${'word '.repeat(40)}'\n\`\`\`\n\n${row('a_long_name')}${row('---')}${row('another_long_name')}`
  const answer = await show(text, 360)
  const cut = () =>
    [...answer.querySelectorAll('pre, .table')].filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  expect(cut()).toHaveLength(2) // they scroll
  const session = cdp() as unknown as { send(method: string, parameters: object): Promise<void> }
  await session.send('Emulation.setEmulatedMedia', { media: 'print' })
  try {
    expect(cut()).toEqual([])
  } finally {
    await session.send('Emulation.setEmulatedMedia', { media: '' })
  }
})

test('formulae scroll to the side alone, in shadow where they go on', async () => {
  const long = `$$\n\\sum_{i=1}^{n} \\frac{1}{${'x + '.repeat(60)} y}\n$$`
  const answer = await show(`$$\\int_0^1 \\frac{x^2}{y_3} dx$$\n\n${long}\n\nSo $${'a + '.repeat(60)} b$ is.`, 400)
  await until(() => answer.querySelectorAll('math').length === 3)
  const formulae = [...answer.querySelectorAll<HTMLElement>('.math')]
  expect(formulae.map(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)).toEqual([false, true, true])
  for (const formula of formulae) {
    const { overflowY, backgroundImage } = getComputedStyle(formula)
    expect(overflowY).toBe('hidden')
    expect(formula.scrollHeight - formula.clientHeight).toBeLessThanOrEqual(1) // and nothing is cut off
    expect(backgroundImage).toContain('linear-gradient')
  }
})

test('lines of code stand as far apart as those of their block', async () => {
  const pre = find(await show('```\none\ntwo\n```', 400), 'pre')
  expect(parseFloat(getComputedStyle(find(pre, 'code')).lineHeight)).toBeGreaterThan(
    1.4 * parseFloat(getComputedStyle(find(pre, 'code')).fontSize),
  )
})

test('a rule is one fine line, and a quotation in another one stands in it with its edge', async () => {
  const answer = await show('> a\n>\n> > b\n\n---\n\nc', 400)
  const rule = getComputedStyle(find(answer, 'hr'))
  expect([rule.borderTopStyle, rule.borderTopWidth, rule.borderBottomWidth]).toEqual(['solid', '1px', '0px'])
  expect(find(answer, 'hr').clientWidth).toBe(400)
  const [outer, inner] = [...answer.querySelectorAll('blockquote')].map((one) => one.getBoundingClientRect().left)
  expect((inner ?? 0) - (outer ?? 0)).toBeLessThan(24)
})
