import type { BrowserContext, Page } from 'playwright'
import { expect, test } from 'vitest'
import { ready, useAppSite, type Play } from './support/app-site.ts'
import { chatList, composerOf, lastReply } from './support/chat-page.ts'

// What a chat is gone through with: its ends, a hit of the search in it, paper, and a window that is small.
const site = useAppSite()
let profile: BrowserContext

async function openLong(messages: number, play: Play = {}): Promise<Page> {
  profile = await site.profile()
  const page = await site.open(profile, { messages, ...play }, '#/chat/long')
  await ready(page)
  await lastReply(page).waitFor()
  return page
}

const questions = (page: Page) => page.locator('.user-text')
const isInSight = (page: Page, text: string) =>
  page
    .getByText(text, { exact: false })
    .first()
    .evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect()
      return top >= 0 && bottom <= innerHeight
    })

test('the start of 5,000 messages is one step away, and so is their end; few are drawn at any time', async () => {
  const page = await openLong(5000)
  await page.getByRole('button', { name: 'To the first message' }).click()
  await expect.poll(() => questions(page).first().innerText()).toContain('(1)')
  await expect.poll(() => isInSight(page, '(1)')).toBe(true)
  await expect.poll(() => page.getByRole('article').count()).toBeLessThan(100)
  await page.mouse.move(600, 300)
  await page.mouse.wheel(0, 20_000)
  await expect.poll(() => page.getByText('(20)', { exact: false }).count()).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'To the end' }).click()
  await expect.poll(() => questions(page).last().innerText()).toContain('(2500)')
  await expect.poll(() => page.getByRole('button', { name: 'To the end' }).count()).toBe(0)
  await expect.poll(() => page.getByRole('article').count()).toBeLessThan(100)
})

test('a hit of the search far back in a long chat is opened there, among those around it', async () => {
  const page = await openLong(3000)
  await chatList(page).getByRole('searchbox').fill('(42)')
  await chatList(page).locator('.hit').filter({ hasText: '(42)' }).first().click()
  await expect.poll(() => isInSight(page, '(42)')).toBe(true)
  await expect.poll(() => page.getByRole('article').count()).toBeLessThan(100)
})

test('paper has the whole chat and nothing of the page around it', async () => {
  const page = await openLong(200)
  await page.emulateMedia({ media: 'print' })
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
  expect(await page.getByRole('article').count()).toBe(200)
  expect(await questions(page).first().innerText()).toContain('(1)')
  const seen = (selector: string) => page.locator(selector).first().isVisible()
  expect(await Promise.all(['.dock', '.header', '#sidebar', '.actions'].map(seen))).toEqual([
    false,
    false,
    false,
    false,
  ])
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')))
  await expect.poll(() => page.getByRole('article').count()).toBeLessThan(100)
})

test('where a window is low and its text large, neither head nor field stands over the chat', async () => {
  const page = await openLong(10)
  await page.setViewportSize({ width: 320, height: 400 })
  await page.addStyleTag({ content: ':root { font-size: 200% !important }' })
  const positions = await page.evaluate(() =>
    ['.header', '.dock'].map((part) => getComputedStyle(document.querySelector(part) as Element).position),
  )
  expect(positions).toEqual(['static', 'static'])
  await composerOf(page).scrollIntoViewIfNeeded()
  expect(await composerOf(page).evaluate((field) => field.getBoundingClientRect().width)).toBeGreaterThan(200)
  const surface = await page.locator('.composer-surface').boundingBox()
  expect(surface?.height).toBeLessThan(200) // half of the window
  const name = page.locator('.picker-name')
  expect(await name.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBeLessThanOrEqual(0)
})

test('a message that is edited stays in sight with its buttons when the keyboard of a phone takes half of the window', async () => {
  const page = await openLong(40)
  await page.setViewportSize({ width: 390, height: 800 })
  for (const index of [0, 12]) {
    await page.getByRole('button', { name: 'Edit', exact: true }).nth(index).click()
    for (const height of [420, 800]) {
      await page.setViewportSize({ width: 390, height })
      await expect.poll(() => isInSight(page, 'Ask again')).toBe(true)
    }
    await page.getByRole('button', { name: 'Cancel' }).click()
  }
})

test('edges are there where the system sets the colours', async () => {
  const page = await openLong(4)
  await page.emulateMedia({ forcedColors: 'active' })
  await composerOf(page).fill('Something to send')
  await page.locator('summary.pill').first().waitFor()
  const edges = await page.evaluate(() =>
    ['.user-text', '.composer-surface', '.round', 'summary.pill'].map((part) => {
      const { borderTopWidth, borderTopStyle, borderTopColor } = getComputedStyle(
        document.querySelector(part) as Element,
      )
      return [part, borderTopWidth, borderTopStyle, borderTopColor === 'rgba(0, 0, 0, 0)']
    }),
  )
  expect(edges).toEqual([
    ['.user-text', '1px', 'solid', false],
    ['.composer-surface', '1px', 'solid', false],
    ['.round', '1px', 'solid', false],
    ['summary.pill', '1px', 'solid', false],
  ])
})
