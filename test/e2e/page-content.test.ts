import type { Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, pixelsBeyond } from './support/accessibility.ts'
import { ask, lastReply, openChat, replyEnded, STEP, type ChatPage } from './support/chat-page.ts'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'
import { testPageFolder } from './support/test-page-folder.ts'

let site: ChangedSite
let chat: ChatPage | undefined

beforeAll(async () => {
  site = await serveChangedSite(testPageFolder('app-page'))
})
afterEach(async () => {
  await chat?.close()
  chat = undefined
})
afterAll(() => site?.close())

/** The page with a model that replies as told, asked once. */
async function openReply(reply: string, more: Readonly<Record<string, string>> = {}): Promise<Page> {
  chat = await openChat(`${site.url}?${new URLSearchParams({ reply, ...more })}`)
  const { page } = chat
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
  await ask(page, 'Question')
  return page
}

describe('what a model writes', () => {
  const EVIL = `globalThis.evilRan = true`
  const HOSTILE = [
    `<img src="https://elsewhere.example/a.png" onerror="${EVIL}">`,
    `<script>${EVIL}</script>`,
    `<svg onload="${EVIL}"><style>@import "https://elsewhere.example/b.css"</style></svg>`,
    `<iframe src="javascript:parent.${EVIL}" srcdoc="<script>parent.${EVIL}</script>"></iframe>`,
    `<math><mtext><table><mglyph><style><img src=x onerror="${EVIL}">`,
    `![picture](https://elsewhere.example/c.png "a\\" onerror=\\"${EVIL}")`,
    `[press me](javascript:${EVIL})`,
    `[or me](data:text/html,<script>${EVIL}</script>)`,
    `<a href="javascript:${EVIL}">or me</a>`,
    '$\\href{javascript:' + EVIL + '}{formula}$ $\\includegraphics{https://elsewhere.example/d.png}$',
    '```"><img src=x onerror=' + EVIL + '>\ncode\n```',
    `<form action="https://elsewhere.example/"><button autofocus onfocus="${EVIL}">send</button></form>`,
    'The sum is $x = 2$.',
  ].join('\n\n')

  test('runs nothing, fetches nothing and leads nowhere but to the web, in every channel', async () => {
    const page = await openReply(
      `<thinking>${HOSTILE}<reflection>${HOSTILE}</reflection></thinking><output>${HOSTILE}</output>`,
    )
    const reply = await replyEnded(page)
    await reply.locator('summary').click()
    await reply.locator('.answer math').first().waitFor() // the last to come: formulae are typeset later
    await reply.locator(STEP).first().waitFor()
    for (const press of await reply.getByText('me', { exact: false }).filter({ visible: true }).all())
      await press.hover()
    expect(await page.evaluate('globalThis.evilRan')).toBe(undefined)
    expect(chat?.requests.filter((address) => !address.startsWith(site.url))).toEqual([])
    const dangerous = 'script, img, iframe, style, form, svg, object, embed, link, [srcdoc], [style]'
    expect(await reply.locator(`.answer :is(${dangerous})`).count()).toBe(0)
    const links = await reply.locator('a').evaluateAll((found) => found.map((link) => (link as HTMLAnchorElement).href))
    expect(links.filter((address) => !address.startsWith('https://elsewhere.example/'))).toEqual([])
    expect(links).not.toEqual([]) // the picture became a link
    const handlers = await reply.evaluate((root) =>
      [...root.querySelectorAll('*')].flatMap(({ attributes }) =>
        [...attributes].filter(({ name }) => name.startsWith('on')).map(({ name }) => name),
      ),
    )
    expect(handlers).toEqual([])
    expect(await reply.locator('.answer').innerText()).toContain(`<script>${EVIL}</script>`)
    expect(await reply.locator(STEP).first().innerText()).toContain(`<script>${EVIL}</script>`)
  })
})

const RICH = `<thinking>
The whole parts are equal.
<reflection>
11 is no whole number here.
</reflection>
So 9.9 is larger.
</thinking>
<output>
# Result

**9.9** is larger than 9.11, see [decimals](https://example.org/decimals).

| Number | Tenths | Hundredths | ${'A very long heading of a column '.repeat(4)}|
| --- | --- | --- | --- |
| 9.9 | 9 | 0 | none |

- The difference is $9.9 - 9.11 = 0.79$.
- ${'Averylongwordwithoutanybreak'.repeat(12)}

\`\`\`python
def larger(a: float, b: float) -> float: ${'# a comment that is long '.repeat(6)}
    return max(a, b)
\`\`\`

> A quotation, and \`code\`.
</output>`

describe('a page of 360 pixels', () => {
  test.each(['light', 'dark'] as const)(
    'shows all kinds of content without faults of accessibility: %s',
    async (colorScheme) => {
      const page = await openReply(RICH)
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width: 360, height: 640 })
      const reply = await replyEnded(page)
      await reply.locator('math').waitFor()
      await reply.locator('pre code span').first().waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await pixelsBeyond(page)).toBe(0)
    },
  )

  test.each([
    ['in its thinking', 12],
    ['in its check', 24],
    ['in its answer', 60],
  ])('shows a reply that is being written without faults of accessibility: %s', async (_, hold) => {
    const page = await openReply(RICH, { hold: String(hold) })
    await page.setViewportSize({ width: 360, height: 640 })
    await lastReply(page).locator('summary').click()
    expect(await lastReply(page).getAttribute('aria-busy')).toBe('true')
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await pixelsBeyond(page)).toBe(0)
  })
})

test('a reply that stopped for length says so and goes on', async () => {
  const page = await openReply('<output>One two', { finish: 'length', rest: ' three</output>' })
  const reply = await replyEnded(page)
  expect(await reply.innerText()).toContain('its limit of tokens was reached')
  await reply.getByRole('button', { name: 'Continue' }).click()
  await expect.poll(() => reply.locator('.answer').innerText()).toBe('One two three')
  await replyEnded(page)
  expect(await reply.innerText()).not.toContain('limit of tokens')
})
