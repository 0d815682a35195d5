import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { HEAVY_ANSWERS } from '../fuzz/heavy-answers.mjs'
import { randomAnswer } from '../fuzz/random-answer.mjs'
import { watchAnswers, type Sight } from '../fuzz/watch-answers.mjs'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'
import { WITHOUT_GPU } from './support/shared-browser.ts'
import { testPageFolder } from './support/test-page-folder.ts'

/**
 * Milliseconds of processor time that a task of the main thread may take. `npm run fuzz` asks for 200 on a machine with nothing else
 * to do; processor time grows where others use the same caches and cores. Without bounds, each of these took seconds or for ever.
 */
const LONGEST_MS = 600

let site: ChangedSite
let browser: Browser
let page: Page
let watch: { show(text: string): Promise<Sight> }

beforeAll(async () => {
  site = await serveChangedSite(testPageFolder('answer-page'))
  browser = await launchChromium(WITHOUT_GPU) // its own, as a trace is of all of a browser
  page = await browser.newPage({ viewport: { width: 800, height: 600 } })
  await page.goto(site.url)
  await page.evaluate(() => streamAnswer('```js\n1\n```\n\n$x$', 3)) // fetches what colours code and typesets formulae
  watch = await watchAnswers(page, LONGEST_MS)
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

test.each(Object.entries(HEAVY_ANSWERS))('streamed and reloaded, never stops the page: %s', async (_, text) => {
  const { longestMs, faults } = await watch.show(text)
  expect(faults).toEqual([])
  expect(longestMs).toBeLessThan(LONGEST_MS)
})

test.each(Array.from({ length: 16 }, (_, seed) => seed))('nor does a random answer: %i', async (seed) => {
  const { longestMs, faults } = await watch.show(randomAnswer(seed, 8000))
  expect(faults).toEqual([])
  expect(longestMs).toBeLessThan(LONGEST_MS)
})

describe('an answer that is too much', () => {
  const TOO_MUCH = `# Title\n\nA *beginning*.\n\n${HEAVY_ANSWERS['a table of 500 by 2,000']}\n\nThe end.`

  test.each([1, 30])(
    'says so, keeps what is rendered, and has all of its text behind a button, in %i pieces',
    async (pieces) => {
      await page.evaluate(([text, count]) => streamAnswer(text, count), [TOO_MUCH, pieces] as const)
      const answer = page.locator('.answer')
      expect(await answer.locator('h3').innerText()).toBe('Title')
      expect(await answer.locator('em').innerText()).toBe('beginning')
      expect(await answer.locator('.notice').innerText()).toContain('plain text')
      expect(await answer.locator('.full-text').isHidden()).toBe(true)
      await answer.getByRole('button', { name: 'Show the full text' }).click()
      expect(await answer.getByRole('group', { name: 'Full text' }).textContent()).toBe(TOO_MUCH)
      await answer.getByRole('button', { name: 'Hide the full text' }).click()
      expect(await answer.locator('.full-text').isHidden()).toBe(true)
    },
  )

  test('goes on growing behind the button, and is a fresh one when another text takes its place', async () => {
    const answer = page.locator('.answer')
    await page.evaluate(async (text) => {
      const element = beginAnswer()
      element.content = { text, isWhole: false }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }, TOO_MUCH)
    await answer.getByRole('button', { name: 'Show the full text' }).click()
    await page.evaluate((text) => {
      const element = document.querySelector('st-markdown')
      if (element !== null) element.content = { text: `${text} And more.`, isWhole: true }
    }, TOO_MUCH)
    expect(await answer.locator('.full-text').textContent()).toBe(`${TOO_MUCH} And more.`)
    await page.evaluate(() => {
      const element = document.querySelector('st-markdown')
      if (element !== null) element.content = { text: 'Another **text**.', isWhole: true }
    })
    expect(await answer.innerText()).toBe('Another text.')
  })
})

test('a long answer that is shown at once comes in several tasks, and is whole in the end', async () => {
  const part = (index: number) => `## Part ${index}\n\n- *one*\n- two\n\n| a | b |\n|---|---|\n| ${index} | 2 |\n\n`
  const text = Array.from({ length: 1500 }, (_, index) => part(index)).join('')
  await page.evaluate((whole) => streamAnswer(whole, 1), text)
  expect(await page.locator('.answer h4').count()).toBe(1500)
  expect(await page.locator('.answer h4').last().innerText()).toBe('Part 1499')
  expect(await page.locator('.answer td').count()).toBe(3000)
})

test('a table with many cells in little text is taken up in parts, and what follows it is read as before', async () => {
  const text = `${'|a'.repeat(49)}|\n${'|-'.repeat(49)}|\n${'|\n'.repeat(81)}\n**After** it.`
  await page.evaluate((whole) => streamAnswer(whole, 1), text)
  const answer = page.locator('.answer')
  expect(await answer.locator('table').count()).toBe(1)
  expect(await answer.locator('td').count()).toBe(49 * 81)
  expect(await answer.locator('.notice').count()).toBe(0)
  expect(await answer.locator('strong').innerText()).toBe('After')
})
