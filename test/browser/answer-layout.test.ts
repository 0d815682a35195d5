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
