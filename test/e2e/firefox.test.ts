import { launch, type Browser, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFirefox } from '../../scripts/find-firefox.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { step } from './support/step.ts'

// The built page in a Firefox as Debian ships it, which has no WebGPU on Linux: one session, as it takes long to start.
const QUESTION = 'What is 47 * 38?'
const LONG = 'What is 4758 * 2674?'

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE = { timeout: 120_000 }

const firefox = findFirefox()
if (firefox === undefined)
  console.warn('There is no Firefox here, and none could be installed: its tests are left out.')

describe.skipIf(firefox === undefined)('in Firefox, on the processor', () => {
  let site: Awaited<ReturnType<typeof serveSite>>
  let browser: Browser
  let page: Page
  const errors: string[] = []

  beforeAll(async () => {
    site = await serveSite({ port: 0 })
    browser = await launch({ browser: 'firefox', executablePath: firefox ?? '', headless: true })
    page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE.timeout)
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(site.url)
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  /** Waits until something holds in the page; `values` go to the function. */
  const until = (condition: (...values: string[]) => boolean, ...values: string[]) =>
    page.waitForFunction(condition, PATIENCE, ...values)

  async function press(name: string): Promise<void> {
    await until(hasButton, name)
    await page.evaluate(pressButton, name)
  }

  async function send(text: string): Promise<void> {
    await page.type('#message', text)
    await page.keyboard.press('Enter')
  }

  /** The text of the last of them, once it has some: a message stands there before what draws its answer has come. */
  async function textOf(selector: string): Promise<string> {
    await until(hasText, selector)
    return await page.$$eval(selector, (found) => (found.at(-1) as HTMLElement).innerText.trim())
  }

  test('the main paths of the chat work', async () => {
    await step('the page loads, and says that the model runs on the processor', async () => {
      await until(statusSays, 'Reflection Tiny · ready')
      expect(await page.evaluate(() => 'gpu' in navigator)).toBe(false)
      expect(await textOf('.picker-engine')).toBe('Processor')
    })

    await step('a question is answered; thinking, checks and answer are apart', async () => {
      await page.waitForSelector('#message')
      await send(QUESTION)
      await until(hasReplies, '1')
      const summary = await textOf('article summary')
      expect(summary).toContain('Checked itself')
      await page.click('article summary')
      await page.waitForSelector('article .check')
      const thought = await textOf('article .check')
      const answer = await textOf('article .answer')
      expect(answer).toMatch(/\d/)
      expect([thought, answer].filter((text) => text === '' || /<\/?\w+>/.test(text))).toEqual([])
    })

    await step('a reply is stopped in its thinking, and what was written of it stays', async () => {
      await send(LONG)
      await until(() => document.querySelectorAll('article[aria-busy=true] summary').length > 0)
      await press('Stop')
      await until(hasReplies, '2')
      expect(
        await page.$$eval('article', (found) => found.map((one) => (one as HTMLElement).innerText).join('\n')),
      ).toContain('Stopped.')
    })

    await step(
      'a reload shows the chat again, from what is stored, and the model is there without a download',
      async () => {
        const before = await textOf('article .answer')
        await page.reload()
        await until(hasReplies, '2')
        expect(await textOf('article .answer')).toBe(before)
        await until(statusSays, 'Reflection Tiny · ready')
        const fetched = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
        expect(fetched.filter((name) => name.endsWith('.gguf'))).toEqual([])
      },
    )

    await step('the settings count at once and are kept', async () => {
      await press('Settings')
      await page.waitForSelector('dialog[open] [role=tab]')
      await page.evaluate(() => document.querySelector<HTMLElement>('dialog[open] input[value=dark]')?.click())
      await until(() => document.documentElement.dataset['theme'] === 'dark')
      await press('Done')
      await page.reload()
      await until(() => document.documentElement.dataset['theme'] === 'dark')
      expect(errors).toEqual([])
    })
  })
})

// These run in the page.

function statusSays(text: string): boolean {
  return [...document.querySelectorAll('[role=status]')].some((status) => status.textContent?.includes(text))
}

/** Whether so many replies are there, and none is being written. */
function hasReplies(count: string): boolean {
  const replies = document.querySelectorAll('article[aria-label=Reply]')
  return replies.length === Number(count) && document.querySelector('article[aria-busy=true]') === null
}

function hasText(selector: string): boolean {
  const last = [...document.querySelectorAll<HTMLElement>(selector)].at(-1)
  return last !== undefined && last.innerText.trim() !== ''
}

function hasButton(name: string): boolean {
  const nameOf = (button: Element) => (button.getAttribute('aria-label') ?? button.textContent ?? '').trim()
  return [...document.querySelectorAll('button')].some((button) => nameOf(button) === name)
}

function pressButton(name: string): void {
  const nameOf = (button: Element) => (button.getAttribute('aria-label') ?? button.textContent ?? '').trim()
  const visible = [...document.querySelectorAll('button')].filter((button) => button.checkVisibility())
  visible.find((button) => nameOf(button) === name)?.click()
}
