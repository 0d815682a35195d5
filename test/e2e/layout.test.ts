import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { ready, useAppSite, type Play } from './support/app-site.ts'
import { ask, composerOf, lastReply, replyBegun, replyEnded, withSettings } from './support/chat-page.ts'

// Where things stand in the page, and how large they are.

const ARABIC = 'ما هي عاصمة فرنسا؟'
const CHECKED = `<thinking>
العاصمة هي باريس.
<reflection>
باريس هي عاصمة فرنسا، نعم، وهي كذلك منذ قرون طويلة.
</reflection>
</thinking>
<output>
باريس.
</output>`

const site = useAppSite()

async function open(play: Play, { width = 1280, height = 800 } = {}): Promise<Page> {
  const page = await site.open(await site.profile(), play)
  await page.setViewportSize({ width, height })
  await ready(page)
  return page
}

/** Edges of what is shown, CSS pixels. */
function edgesOf(page: Page, selector: string): Promise<{ readonly left: number; readonly right: number }> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { left, right } = element.getBoundingClientRect()
      return { left, right }
    })
}

test('what is written from right to left stays on its side of the page, and its checks go its way', async () => {
  const page = await open({ reply: CHECKED })
  await ask(page, ARABIC)
  const reply = await replyEnded(page)
  await reply.locator('summary').click()
  await expect.poll(() => reply.locator('.reason').evaluate((reason) => getComputedStyle(reason).direction)).toBe('rtl')

  const column = await edgesOf(page, '.message.user')
  const bubble = await edgesOf(page, '.user-text')
  expect([bubble.right, bubble.left > column.left + 100]).toEqual([column.right, true])
  const corners = () =>
    page.locator('.user-text').evaluate((text) => {
      const { borderBottomLeftRadius, borderBottomRightRadius } = getComputedStyle(text)
      return [borderBottomLeftRadius, borderBottomRightRadius]
    })
  expect(await corners()).toEqual(['20px', '4px'])
  const title = () =>
    page.locator('.header h1').evaluate((heading) => {
      const words = document.createRange()
      words.selectNodeContents(heading)
      return words.getBoundingClientRect().left - heading.getBoundingClientRect().left
    })
  expect(await title()).toBeLessThan(1)

  await page.evaluate(() => (document.documentElement.dir = 'rtl'))
  expect((await edgesOf(page, '.user-text')).left).toBe((await edgesOf(page, '.message.user')).left)
  expect(await corners()).toEqual(['4px', '20px'])
  expect(await title()).toBeGreaterThan(100)
})

test('the dark theme is not taken to paper', async () => {
  const page = await open({ play: 'greets' })
  await withSettings(page, (dialog) => dialog.getByRole('radio', { name: 'Dark' }).check(), 'Appearance')
  await ask(page, 'Hello')
  await replyEnded(page)
  const brightness = () =>
    page.locator('.answer').evaluate((answer) => Number(/\d+/.exec(getComputedStyle(answer).color)?.[0]))
  expect(await brightness()).toBeGreaterThan(200)
  await page.emulateMedia({ media: 'print' })
  expect(await brightness()).toBeLessThan(60)
})

test('no button leads to the end once a larger window shows all of the chat', async () => {
  const page = await open({ reply: '<output>{40:A line.\n\n}</output>' }, { height: 500 })
  await ask(page, 'Much?')
  await replyEnded(page)
  await page.evaluate(() => window.scrollTo({ top: 0 }))
  const toEnd = page.getByRole('button', { name: 'To the end' })
  await toEnd.waitFor()
  await page.setViewportSize({ width: 1280, height: 4000 })
  await expect.poll(() => toEnd.count()).toBe(0)
})

test('on a phone the words of the pill are as large at its end as while it goes on', async () => {
  const size = async (page: Page, part: string) =>
    lastReply(page)
      .locator(part)
      .evaluate((words) => getComputedStyle(words).fontSize)
  const page = await open({ play: 'corrects', hold: 12 }, { width: 360, height: 740 })
  await ask(page, 'What is 47 * 38?')
  await replyBegun(page)
  await expect.poll(() => size(page, '.pill-name')).toBe('13px')
  await page.getByRole('button', { name: 'Stop' }).click()
  await replyEnded(page)
  await expect.poll(() => size(page, '.pill-text')).toBe('13px')
})

test('the versions of a message stand at the edge of its bubble, after its buttons', async () => {
  const page = await open({ play: 'greets' })
  await ask(page, 'Hello')
  await replyEnded(page)
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.locator('.editor textarea').fill('Hello again')
  await page.keyboard.press('Enter')
  await page.locator('.user .branches').waitFor()
  await replyEnded(page)
  await composerOf(page).focus()
  const [bubble, versions, edit] = await Promise.all(
    ['.user-text', '.user .branches', '.user [aria-label=Edit]'].map((selector) => edgesOf(page, selector)),
  )
  expect(versions?.right).toBe(bubble?.right)
  expect(edit?.right).toBeLessThanOrEqual(versions?.left ?? 0)
})
