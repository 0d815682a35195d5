import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults } from './support/accessibility.ts'
import { pressToCopy } from './support/chat-page.ts'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'
import { sharedBrowserWithoutGpu } from './support/shared-browser.ts'
import { testPageFolder } from './support/test-page-folder.ts'

let site: ChangedSite
let context: BrowserContext
let tab: Page

beforeAll(async () => {
  site = await serveChangedSite(testPageFolder('answer-page'))
  context = await (await sharedBrowserWithoutGpu()).newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  tab = await context.newPage()
})
afterEach(async () => {
  for (const other of context.pages()) if (other !== tab) await other.close()
})
afterAll(async () => {
  await context?.close()
  await site?.close()
})

/** Opens the page of answers anew: nothing in it outlives that. */
async function openAnswer(text: string, pieceLength = 7): Promise<Page> {
  await tab.goto(site.url)
  await tab.evaluate(([shown, length]) => showAnswer(shown, length), [text, pieceLength] as const)
  return tab
}

/** Shows an answer in place of the one before, in a page that nobody has changed otherwise. */
async function showNext(text: string): Promise<Page> {
  if (tab.url() !== site.url) return openAnswer(text)
  await tab.evaluate((shown) => showAnswer(shown, 7), text)
  return tab
}

/** Shows a beginning and leaves it open. */
async function openBeginning(text: string): Promise<Page> {
  const page = await openAnswer('')
  await page.evaluate((shown) => {
    const answer = beginAnswer()
    for (let end = 1; end <= shown.length; end++) answer.content = { text: shown.slice(0, end), isWhole: false }
  }, text)
  return page
}

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

describe('an answer that grew stands as if it had come at once', () => {
  test.each([
    ['a table', '| Number | Tenths |\n| --- | --: |\n| 9.9 | 9 |\n| 9.11 | 1 |\n\nText.\n'],
    ['a table at the end', 'Text.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |'],
    ['a list with a table in an item', '- one\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n- two\n- three\n'],
    ['lists in lists', '1. one\n   - a\n   - b\n2. two\n\n   more\n3. three\n'],
    ['a quote', '> one\n> two\n>\n> - three\n\nText.'],
  ])('%s', async (_, text) => {
    const shape = (page: Page) =>
      page.locator('st-markdown').evaluate((answer) => answer.innerHTML.replaceAll(/\s+(?=<|$)|(?<=>)\s+/g, ''))
    const whole = await openAnswer(text, text.length)
    const expected = await shape(whole)
    expect(expected).toContain(text.includes('|') ? '<tbody>' : '<li>')
    for (const pieceLength of [1, 5, 13]) {
      expect(await shape(await openAnswer(text, pieceLength)), `in pieces of ${pieceLength}`).toBe(expected)
    }
  })
})

describe('code', () => {
  const CODE = 'def f(a):\n\n    return "<b>" + a  # ```\n'
  const BLOCK = `\`\`\`\`py title="x"\n${CODE}\`\`\`\``

  test('names its language and is copied as it is, with the keyboard', async () => {
    const page = await openAnswer(`Text.\n\n${BLOCK}\n\nText.`)
    await page.locator('code span').first().waitFor()
    expect(await page.locator('.code-language').innerText()).toBe('Python')
    await page.keyboard.press('Tab')
    const button = page.locator('.copy-code')
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
    await Promise.all([page.getByRole('button', { name: 'Copied' }).waitFor(), page.keyboard.press('Enter')])
    expect(await clipboard(page)).toBe(CODE.slice(0, -1))
    await page.getByRole('button', { name: 'Copy', exact: true }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('is copied while it is written', async () => {
    const page = await openBeginning('```js\nlet a = 1\nlet b')
    await pressToCopy(page.getByRole('button', { name: 'Copy' }), page.getByRole('button', { name: 'Copied' }))
    expect(await clipboard(page)).toBe('let a = 1\nlet b')
    const isSame = await page.evaluate(() => {
      const answer = document.querySelector('st-markdown')
      const button = document.querySelector('.copy-code')
      if (answer !== null) answer.content = { text: '```js\nlet a = 1\nlet b = 2\n```\n', isWhole: true }
      return button !== null && button === document.querySelector('.copy-code')
    })
    expect(isSame).toBe(true)
    await page.locator('code span').first().waitFor()
    expect(await page.locator('code').textContent()).toBe('let a = 1\nlet b = 2')
  })

  test('is copied by the command of the browser where the page has no clipboard, as on a plain http address', async () => {
    const page = await openAnswer('```\nlet a = 1\n```')
    await page.evaluate(() => navigator.clipboard.writeText('before'))
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }))
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.locator('.copy-code').evaluate((element) => element === document.activeElement)).toBe(true)
    expect(await page.locator('textarea').count()).toBe(0)
    expect(await page.evaluate(() => Reflect.deleteProperty(navigator, 'clipboard'))).toBe(true)
    expect(await clipboard(page)).toBe('let a = 1')
  })

  test('is selected where nothing may be copied, and the button says so', async () => {
    const page = await openAnswer('```\nlet a = 1\n```')
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined })
      document.execCommand = () => false
    })
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Could not be copied' }).waitFor()
    expect(await page.evaluate(() => String(getSelection()))).toBe('let a = 1')
  })

  test('speaks the language of the page', async () => {
    const page = await openAnswer('```\na\n```\n![b](https://c.example/d.png)')
    await page.evaluate(() => {
      const answer = document.querySelector('st-markdown')
      if (answer === null) throw new Error('There is no answer.')
      answer.labels = {
        copyCode: '复制',
        copied: '已复制',
        notCopied: '无法复制',
        image: (name, host) => `图片：${name}（${host}）`,
        tooMuch: '从这里起以纯文本显示。',
        tooLong: '后面还有。',
        showFullText: '显示全文',
        hideFullText: '收起全文',
        fullText: '全文',
      }
    })
    expect(await page.getByRole('link').innerText()).toBe('图片：b（c.example）')
    await pressToCopy(
      page.getByRole('button', { name: '复制', exact: true }),
      page.getByRole('button', { name: '已复制' }),
    )
  })

  test('of any length gets its colours, and keeps its text and what is selected of it', async () => {
    const line = 'const text = `a ${b} c` // comment\n'
    const long = `${line.repeat(400)}/*\n${line.repeat(100)}*/\n${line.repeat(300)}`
    const page = await openBeginning('```js\n')
    const { selected, text } = await page.evaluate(async (code) => {
      const answer = document.querySelector('st-markdown')
      if (answer === null) throw new Error('There is no answer.')
      answer.content = { text: `\`\`\`js\n${code}\`\`\``, isWhole: true }
      const shown = answer.querySelector('code')
      const [first, last] = [shown?.firstChild?.firstChild, shown?.lastChild?.firstChild]
      if (!first || !last) throw new Error('There is no code.')
      getSelection()?.setBaseAndExtent(first, 10, last, 27)
      while (!shown?.lastElementChild?.querySelector('span')) await new Promise((resolve) => setTimeout(resolve, 10))
      return { selected: String(getSelection()), text: answer.querySelector('code')?.textContent }
    }, long)
    expect(text).toBe(long.slice(0, -1))
    expect(selected).toBe(long.slice(10, 10 + selected.length))
    expect(selected.length).toBeGreaterThan(25_000)
    expect(await page.locator('.hljs-comment').count()).toBe(701)
  })
})

describe('what leads elsewhere', () => {
  test('is fetched only when the reader asks for it, and says where it comes from', async () => {
    const page = await openAnswer('![A **picture**](https://pictures.example/a.png "title")')
    const requests: string[] = []
    context.on('request', (request) => requests.push(request.url()))
    const link = page.getByRole('link', { name: 'Image: A picture (from pictures.example)' })
    expect(await link.getAttribute('title')).toBe('pictures.example · title')
    await link.hover()
    expect(requests).toEqual([])
    await link.click()
    await expect.poll(() => requests).toEqual(['https://pictures.example/a.png'])
    expect(page.url()).toBe(site.url)
  })

  test.each([
    ['[decimals](https://example.org/decimals)', 'decimals'],
    ['https://example.org/decimals', 'https://example.org/decimals'],
    ['[www.example.org](https://example.org/)', 'www.example.org'],
    ['[example.org/a](https://www.example.org/b)', 'example.org/a'],
    ['[https://bank.example/login](https://evil.example/)', 'https://bank.example/login (evil.example)'],
    ['[Go to bank.example.](https://evil.example:8443/)', 'Go to bank.example. (evil.example:8443)'],
    ['[BANK.example](https://bank.example.evil.example/)', 'BANK.example (bank.example.evil.example)'],
    ['[bank\u200b.example](https://evil.example/)', 'bank\u200b.example (evil.example)'],
    ['<https://bank.example@evil.example/>', 'https://bank.example@evil.example/ (evil.example)'],
    ['[pay](https://b\u0430nk.example/)', 'pay (xn--bnk-6cd.example)'],
    ['[me@bank.example](mailto:you@evil.example)', 'me@bank.example (you@evil.example)'],
    ['[me@bank.example](mailto:me@bank.example)', 'me@bank.example'],
    ['[bank\u3002example](https://evil.example)', 'bank\u3002example (evil.example)'],
    ['[bank\uff0eexample](https://evil.example)', 'bank\uff0eexample (evil.example)'],
    ['[bank\uff61example](https://evil.example)', 'bank\uff61example (evil.example)'],
    ['[bank\u2024example](https://evil.example)', 'bank\u2024example (evil.example)'],
    ['[bank\ua4f8example](https://evil.example)', 'bank\ua4f8example (evil.example)'],
    ['[bank\ufe0f.example](https://evil.example)', 'bank\ufe0f.example (evil.example)'],
    ['[b\u00adank.example](https://evil.example)', 'b\u00adank.example (evil.example)'],
    ['[bank.example\u2215login](https://evil.example)', 'bank.example\u2215login (evil.example)'],
    ['[\uff42ank.example](https://evil.example)', '\uff42ank.example (evil.example)'],
    ['[bank.example,login](https://evil.example)', 'bank.example,login (evil.example)'],
    ['[https://me:bank@bank.example/](https://evil.example)', 'https://me:bank@bank.example/ (evil.example)'],
    ['[bank\u3002example](https://bank.example)', 'bank\u3002example'],
  ])('shows its host if the text misleads: %s', async (source, text) => {
    const page = await showNext(source)
    expect(await page.getByRole('link').textContent()).toBe(text)
  })
})

test.each([
  'http:\\\\evil.example',
  'https:#/models',
  'https:/models',
  'https:evil.example',
  'http:/\\evil.example',
  'https://\\evil.example',
  '//evil.example',
  '\\\\evil.example',
  '#/models',
  'mailto:',
  'javascript:alert(1)',
])('what leads nowhere, or into this page, is no link: %s', async (address) => {
  const page = await showNext(
    `[a](${address}) [b](<${address}>) ![c](${address}) <${address}>\n\n[d]\n\n[d]: ${address}`,
  )
  await page.locator('.answer p').first().waitFor()
  expect(await page.locator('.answer a').count()).toBe(0)
})

test('text of both directions stands where its readers look for it, and code from left to right', async () => {
  const ARABIC = 'مرحبا بالعالم'
  const page = await openAnswer(
    `${ARABIC}\n\nEnglish\n\n- ${ARABIC}\n- two\n\n| ${ARABIC} | b |\n|---|---|\n| 1 | 2 |\n\n> שלום\n\n\`\`\`\n# ${ARABIC}\n\`\`\`\n\n\`npm\` ${ARABIC}`,
  )
  const directions = await page.evaluate(() =>
    [...document.querySelectorAll('.answer > *')].map(
      (block) => `${block.localName} ${getComputedStyle(block).direction}`,
    ),
  )
  expect(directions).toEqual(['p rtl', 'p ltr', 'ul rtl', 'div rtl', 'blockquote rtl', 'div ltr', 'p rtl'])
  const [first, second] = await page
    .locator('th')
    .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().left))
  expect(first).toBeGreaterThan(second ?? Infinity)
})

const PART = (part: number) => `## Part ${part}

Some *text* of [it](https://example.org/${part}), and $a_{${part}} = 1$.

- One ${part}
- Two
  - Three

\`\`\`python
def part_${part}(number: int) -> int:
    return number + ${part}
\`\`\`

| Number | Note |
| ---: | --- |
| ${part} | a note |
| ${part + 1} | another one |

`

/** Answers of about as many characters as asked for, in which blocks end soon or never. */
const ANSWERS: Readonly<Record<string, (length: number) => string>> = {
  'of many blocks': (length) => joined(length, PART),
  'that is one block of code': (length) =>
    `\`\`\`python\n${joined(length, (part) => `value_${part} = ${part}  # line\n`)}`,
  'that is one table': (length) =>
    `| a | b | c |\n|---|---|---|\n${joined(length, (part) => `| ${part} | *two* | three |\n`)}`,
  'that is one list': (length) => joined(length, (part) => `- Item ${part} with **words** in it\n`),
}

function joined(length: number, part: (index: number) => string): string {
  let text = ''
  for (let index = 0; text.length < length; index++) text += part(index)
  return text
}

/** Characters of a few tokens, as many as a page gets at a time from an engine that is fast. */
const PIECE = 16
/** Characters of all nodes that a piece may add: its own and those of what it changes, such as a row of a table. */
const MOST_A_PIECE = 160

/** Streams an answer piece by piece, and counts the characters of nodes that were added. */
function streamed(page: Page, text: string) {
  return page.evaluate(streamAndCount, [text, PIECE] as const)
}

/** Runs in the page. */
async function streamAndCount([whole, pieceLength]: readonly [text: string, pieceLength: number]) {
  const answer = beginAnswer()
  let added = 0
  const observer = new MutationObserver(count)
  function count(records: MutationRecord[]) {
    for (const { addedNodes } of records) for (const node of addedNodes) added += node.textContent?.length ?? 0
  }
  observer.observe(answer, { childList: true, subtree: true })
  const blocks = new Map<Element, string>() // as they were when another one followed
  let lost = 0
  for (let end = pieceLength; end < whole.length; end += pieceLength) {
    answer.content = { text: whole.slice(0, end), isWhole: false }
    count(observer.takeRecords())
    if (end % 4000 !== 0) continue
    for (const block of [...answer.children].slice(0, -2)) blocks.set(block, block.textContent ?? '')
  }
  answer.content = { text: whole, isWhole: true }
  count(observer.takeRecords())
  observer.disconnect()
  for (const [block, before] of blocks)
    if (!block.isConnected || (!block.querySelector('math') && block.textContent !== before)) lost++
  return { added, lost, blocks: blocks.size }
}

describe('an answer of 20,000 tokens', () => {
  test.each(Object.entries(ANSWERS))('%s is shown with work linear in its length', async (_, answer) => {
    const page = await openAnswer('')
    const short = await streamed(page, answer(20_000))
    const long = await streamed(page, answer(80_000))
    expect(long.added / Math.max(1, short.added)).toBeLessThan(4.5)
    expect(long.added).toBeLessThan(MOST_A_PIECE * (80_000 / PIECE))
    expect(long.lost).toBe(0)
  })

  test('keeps what is selected in its beginning until its end', async () => {
    const page = await openBeginning(PART(1) + PART(2))
    await page.locator('code span').first().waitFor()
    const selected = await page.evaluate(
      (rest) => {
        const answer = document.querySelector('st-markdown')
        const [from, to] = [answer?.querySelector('em')?.firstChild, answer?.querySelector('li')?.firstChild]
        if (!answer || !from || !to) throw new Error('There is no answer.')
        getSelection()?.setBaseAndExtent(from, 1, to, 3)
        const before = String(getSelection())
        for (let end = 0; end < rest.whole.length; end += 5) {
          answer.content = { text: rest.begun + rest.whole.slice(0, end), isWhole: false }
        }
        answer.content = { text: rest.begun + rest.whole, isWhole: true }
        return { before, after: String(getSelection()) }
      },
      { begun: PART(1) + PART(2), whole: ANSWERS['of many blocks']?.(20_000) ?? '' },
    )
    expect(selected.before).toContain('ext of it')
    expect(selected.after).toBe(selected.before)
  })
})
