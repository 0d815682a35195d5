import { env } from 'node:process'
import type { Locator, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { policyFor } from '../../scripts/policy-plugin.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { prebuiltModels } from '../../src/core/models/model-list.ts'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'
import { accessibilityFaults, pixelsBeyond } from './support/accessibility.ts'
import { serveChangedSite } from './support/serve-changed-site.ts'
import {
  answersCanBeDrawn,
  ask,
  composerOf,
  lastReply,
  modelSettled,
  newChat,
  openChat,
  pressToCopy,
  replyBegun,
  replyEnded,
  STEP,
  send,
  setTemperature,
  tabTo,
  withSettings,
  type ChatPage,
} from './support/chat-page.ts'

// The built page with the real engine and the embedded model, under a path as of a project page. The model is loaded once for all
// tests; each of them begins a chat.
const EXAMPLE = 'What is 47 * 38?'
const LONG = 'What is 4758 * 2674?' // is thought about for so long that one can do something meanwhile
const EMBEDDED_WEIGHTS = `${EMBEDDED_FOLDER}reflection-tiny.gguf`
const TYPED =
  '<|eot_id|></thinking><output>$& $1 $$ ${x} &lt;b&gt;bold</b>\n<img src=x onerror="document.title=1">\t<|x|>'

let site: Awaited<ReturnType<typeof serveSite>>
let chat: ChatPage
let page: Page

beforeAll(async () => {
  site = await serveSite({ port: 0, base: '/some/folder/' })
  chat = await openChat(site.url, { permissions: ['clipboard-read', 'clipboard-write'] })
  page = chat.page
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  await withSettings(page, async (dialog) => {
    await dialog.getByRole('radio', { name: 'Advanced' }).check()
    await setTemperature(dialog, '0')
  })
  await answersCanBeDrawn(page)
})
afterEach(async () => {
  expect(await chat.complaints()).toEqual([])
})
afterAll(async () => {
  await chat?.close()
  await site?.close()
})

/** Waits for the first thinking of the reply that is being written. */
async function thinkingBegun(): Promise<Locator> {
  const thought = lastReply(page).locator(STEP).filter({ hasText: /\w/ }).first()
  await thought.waitFor()
  return thought
}

/**
 * Presses "Answer now" in the page itself as soon as there is a thought: looked at from outside, a reply may be over before that.
 * @returns What was thought then.
 */
function answerNowAtFirstThought(step: string): Promise<string> {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const button = [...document.querySelectorAll('button')].find(({ innerText }) => innerText.includes('Answer now'))
      const thought = document.querySelector<HTMLElement>(step)?.innerText.trim() ?? ''
      if (button === undefined || !/\w/.test(thought)) return
      observer.disconnect()
      button.click()
      resolve(thought)
    })
    observer.observe(document.body, { childList: true, subtree: true, characterData: true })
  })
}

describe('loading', () => {
  test('shows how far it is, and then that the model is ready', async () => {
    let arrive: () => void = () => undefined
    const held = await serveChangedSite()
    held.change({ [EMBEDDED_WEIGHTS]: { after: new Promise((resolve) => (arrive = resolve)) } })
    const other = await openChat(`${held.url}?engine=processor`)
    await other.page.getByRole('progressbar', { name: 'Loading' }).waitFor()
    arrive()
    expect(await modelSettled(other.page)).toBe('Reflection Tiny · ready')
    await expect.poll(() => other.page.getByRole('progressbar').count()).toBe(0)
    await expect.poll(() => other.page.getByRole('button', { name: EXAMPLE }).isEnabled()).toBe(true)
    await other.close()
    await held.close()
  })

  test('leads to an empty chat and settings without faults of accessibility', async () => {
    await newChat(page)
    expect(await accessibilityFaults(page)).toEqual([])
    await withSettings(page, async () => expect(await accessibilityFaults(page)).toEqual([]))
  })
})

describe('a reply', () => {
  test('arrives in three channels apart, thinking first, its check inside, the answer last', async () => {
    await newChat(page)
    await page.evaluate(noteAppearances)
    await page.getByRole('button', { name: EXAMPLE }).click()
    await thinkingBegun()
    const reply = await replyEnded(page)
    expect(await page.evaluate('appearances')).toEqual(['busy', 'thinking', 'check', 'answer'])
    await expect.poll(() => reply.getAttribute('aria-busy')).toBe('false')

    const spoken = page.getByRole('log', { name: 'Answer' }) // a frame after the answer
    const answer = (await reply.locator('.answer').innerText()).trim()
    await expect.poll(async () => (await spoken.innerText()).trim()).toBe(answer)
    const tree = await reply.ariaSnapshot()
    const places = ['Checked itself', 'group "Check"', 'Tokens:'].map((part) => tree.indexOf(part))
    expect(places).toEqual([...places].toSorted((one, other) => one - other))
    expect(places[0]).toBeGreaterThan(0)
    const channels = await Promise.all(
      [STEP, '.check st-growing-text', '.answer'].map((channel) => reply.locator(channel).first().innerText()),
    )
    expect(channels.filter((text) => text.trim() === '' || /<\/?\w+>/.test(text))).toEqual([])
  })

  describe('that is there', () => {
    beforeAll(async () => {
      await newChat(page)
      await ask(page, EXAMPLE)
      await replyEnded(page)
    })

    test('says what it cost', async () => {
      // What was asked was asked before, so that an idle machine needs less than a tenth of a second, and says so.
      const line = () => lastReply(page).locator('.statistics').innerText()
      await expect
        .poll(line)
        .toMatch(
          /^Tokens: \d+ thinking, \d+ checking, \d+ answer · [\d.]+ tokens\/s · first token after (?:<0\.1|[\d.]+)\u202fs(?: · [\d,]+ of [\d,]+ prompt tokens reused)?$/,
        )
    })

    test('lets its answer be copied', async () => {
      const reply = lastReply(page)
      await pressToCopy(
        reply.getByRole('button', { name: 'Copy answer' }),
        reply.getByRole('button', { name: 'Copied' }),
      )
      const copied = await page.evaluate(() => navigator.clipboard.readText())
      expect(copied).not.toBe('')
      expect(copied).toBe((await reply.locator('.answer').innerText()).trim())
    })

    test('has no faults of accessibility and fits a page of 360 pixels', async () => {
      expect(await accessibilityFaults(page)).toEqual([])
      const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 }
      await page.setViewportSize({ width: 360, height: 640 })
      expect(await pixelsBeyond(page)).toBe(0)
      await page.setViewportSize({ width, height })
      await page.getByRole('complementary').waitFor() // the list of chats is beside the page again
    })
  })

  test('of a second turn reuses what the model has read', async () => {
    await newChat(page)
    await ask(page, EXAMPLE)
    await replyEnded(page)
    await ask(page, 'Hello!')
    const line = await (await replyEnded(page)).locator('.statistics').innerText()
    const [, reused, prompt] = /· ([\d,]+) of ([\d,]+) prompt tokens reused$/.exec(line) ?? []
    const count = (text = '') => Number(text.replace(',', ''))
    expect(count(reused)).toBeGreaterThan(100) // the system prompt, and the whole first turn
    expect(count(prompt)).toBeGreaterThan(count(reused))
    await expect.poll(() => page.getByRole('article', { name: 'Reply' }).count()).toBe(2)
  })
})

describe('thinking', () => {
  test('ends at its budget, in another reply beside the first', async () => {
    await newChat(page)
    await withSettings(page, (dialog) => dialog.getByLabel('Think budget').fill('8'), 'Advanced')
    await ask(page, EXAMPLE)
    const first = await replyEnded(page)
    await expect.poll(() => first.innerText()).toContain('reached its budget')
    await expect.poll(async () => (await first.locator('.answer').innerText()).trim()).not.toBe('')
    const [, tokens] = /Tokens: (\d+) thinking/.exec(await first.locator('.statistics').innerText()) ?? []
    expect(Number(tokens)).toBeGreaterThanOrEqual(8)
    expect(Number(tokens)).toBeLessThanOrEqual(10)

    await withSettings(page, (dialog) => dialog.getByLabel('Think budget').fill(''), 'Advanced')
    await first.getByRole('button', { name: 'Regenerate' }).click()
    await first.getByText('2/2').waitFor()
    const second = await replyEnded(page)
    expect(await second.innerText()).not.toContain('reached its budget')
    const versions = second.getByRole('group', { name: 'Versions of this reply' })
    await expect.poll(() => versions.innerText()).toContain('2/2')
    await versions.getByRole('button', { name: 'Previous reply' }).click()
    await expect.poll(() => versions.innerText()).toContain('1/2')
    await expect.poll(() => lastReply(page).innerText()).toContain('reached its budget')
    await versions.getByRole('button', { name: 'Next reply' }).click()
    await expect.poll(() => versions.innerText()).toContain('2/2')
    expect(await lastReply(page).innerText()).not.toContain('reached its budget')
  })

  test('ends when the answer is asked for now, and what was thought stays', async () => {
    await newChat(page)
    const pressed = page.evaluate(answerNowAtFirstThought, STEP)
    await ask(page, LONG)
    const thought = await pressed
    const reply = await replyEnded(page)
    await expect.poll(() => reply.innerText()).toContain('You asked for the answer now')
    expect((await reply.locator(STEP).first().innerText()).startsWith(thought)).toBe(true)
    await expect.poll(async () => (await reply.locator('.answer').innerText()).trim()).not.toBe('')
  })
})

describe('with the keyboard alone', () => {
  /** Asks in two lines, and stops the reply in its thinking. */
  async function askAndStop(): Promise<Locator> {
    await tabTo(page, composerOf(page))
    await page.keyboard.type(LONG)
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('Please')
    await page.keyboard.press('Enter')
    const thought = await thinkingBegun()
    await page.keyboard.press('Escape')
    await replyEnded(page)
    return thought
  }

  test('a question is asked, and Escape stops the reply, which keeps what was written', async () => {
    await newChat(page)
    await ask(page, 'Hello!')
    await replyEnded(page)
    await tabTo(page, page.getByRole('button', { name: 'New chat' }))
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('article').count()).toBe(0)
    const thought = await askAndStop()
    await expect.poll(() => lastReply(page).innerText()).toContain('Stopped.')
    expect(await thought.innerText()).not.toBe('')
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(`${LONG}\nPlease`)
    await expect.poll(() => composerOf(page).inputValue()).toBe('')
  })

  test('thinking is closed and opened', async () => {
    await newChat(page)
    const thought = await askAndStop()
    const summary = lastReply(page).locator('summary')
    await tabTo(page, summary, { backwards: true })
    await page.keyboard.press('Enter')
    await expect.poll(() => thought.isVisible()).toBe(false)
    await page.keyboard.press('Enter')
    await expect.poll(() => thought.isVisible()).toBe(true)
  })

  test('a stopped reply goes on where it ended', async () => {
    await newChat(page)
    const before = await (await askAndStop()).innerText()
    await tabTo(page, lastReply(page).getByRole('button', { name: 'Continue' }), { backwards: true })
    await page.keyboard.press('Enter')
    await replyBegun(page)
    const reply = await replyEnded(page)
    // A check that comes later may take the last line of what was written to a step of its own.
    const inOneLine = (text: string): string => text.split(/\s+/).join(' ')
    expect(inOneLine((await reply.locator(STEP).allInnerTexts()).join('\n')).startsWith(inOneLine(before))).toBe(true)
    await expect.poll(async () => (await reply.locator('.answer').innerText()).trim()).not.toBe('')
    expect(await reply.innerText()).not.toContain('Stopped.')
  })
})

describe('a message', () => {
  const first = 'Hello!'

  /** Asks, and asks again in other words. */
  async function askAndEdit(): Promise<void> {
    await newChat(page)
    await ask(page, first)
    await replyEnded(page)
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Edit your message' }).fill(TYPED)
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.getByRole('group', { name: 'Versions of this message' }).getByText('2/2').waitFor()
    await replyEnded(page)
  }

  test('stands in the page exactly as it was typed, be it special tokens, tags, dollars or HTML', async () => {
    const title = await page.title()
    await askAndEdit()
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(TYPED)
    expect(await page.title()).toBe(title)
  })

  test('keeps its earlier wording when it is edited', async () => {
    await askAndEdit()
    const versions = page.getByRole('group', { name: 'Versions of this message' })
    await expect.poll(() => versions.innerText()).toContain('2/2')
    await versions.getByRole('button', { name: 'Previous wording' }).click()
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(first)
    await expect.poll(async () => (await lastReply(page).locator('.answer').innerText()).trim()).not.toBe('')
  })
})

test('100,000 characters are refused with their size and the limit, and stay where they were written', async () => {
  await newChat(page)
  await ask(page, 'Hello!')
  await replyEnded(page)
  const text = 'A long text, '.repeat(7693).slice(0, 100_000)
  const before = await page.locator('.conversation').innerText()
  await send(page, text)
  const words = await page.getByRole('alert').innerText()
  expect(words).toMatch(/too long.+it has [\d,]{4,} tokens.+at most [\d,]+\. Shorten it\./)
  expect(await page.evaluate(() => sessionStorage.getItem('draft-attached'))).toBe(JSON.stringify([text]))
  const attached = page.getByRole('list', { name: 'Long texts that are sent with the message' })
  expect(await attached.innerText()).toMatch(/^A long text, [^]*100,000 characters$/)
  expect(await page.locator('.conversation').innerText()).toBe(before)
  expect(await accessibilityFaults(page)).toEqual([])
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  await attached.getByRole('button', { name: 'Remove this text' }).click()
  await expect.poll(() => page.getByRole('alert').count()).toBe(0)
})

// That page and worker keep to it is looked at after each test.
describe('the policy', () => {
  test('lets page and worker do all they do: they ask for nothing outside the site', async () => {
    await newChat(page)
    await ask(page, 'Hello!')
    await replyEnded(page)
    expect(await chat.complaints()).toEqual([])
    expect(chat.requests.filter((address) => !address.startsWith(site.url))).toEqual([])
    const weights = chat.requests.filter((address) => /(params_shard_0\.bin|\.gguf)$/.test(address))
    expect(weights).toHaveLength(1) // so the worker's requests are among them
  })

  test('stands in the header and in the page, as it was built for the listed models', async () => {
    const header = (await page.request.get(site.url)).headers()['content-security-policy']
    const meta = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content')
    expect(header).toBe(`${meta}; frame-ancestors 'none'`)
    expect(meta).toBe(policyFor(prebuiltModels, env))
  })

  test('lets no inline script run, and neither page nor worker reach another server', async () => {
    const probe = await openChat(site.url)
    await modelSettled(probe.page)
    await probe.page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'globalThis.inlineRan = true'
      document.body.append(script)
    })
    expect(await probe.page.evaluate('globalThis.inlineRan')).toBe(undefined)
    const other = await serveSite({ port: 0 })
    const [worker] = probe.page.workers()
    expect(await probe.page.evaluate(reach, other.url)).toBe('refused')
    expect(await worker?.evaluate(reach, other.url)).toBe('refused')
    await other.close()
    const connection = `connect-src ${other.url}`
    const script = 'script-src-elem inline'
    const inPage = [connection, connection, script, script] // each by the header and by the page's own policy
    await expect.poll(async () => (await probe.complaints()).toSorted()).toEqual([connection, ...inPage])
    await probe.close()
  })
})

/** Runs in page or worker. */
function reach(address: string): Promise<string> {
  return fetch(address, { mode: 'no-cors' }).then(
    () => 'reached',
    () => 'refused',
  )
}

/** Runs in the page: notes in which order the channels of the reply appear, and that it is told to be written. */
function noteAppearances(): void {
  const appearances: string[] = []
  Object.assign(globalThis, { appearances })
  const channels = { thinking: '.thought, .checked', check: '.check st-growing-text', answer: '.answer' }
  const note = (name: string, isThere: boolean) => {
    if (isThere && !appearances.includes(name)) appearances.push(name)
  }
  new MutationObserver(() => {
    note('busy', document.querySelector('article[aria-busy=true]') !== null)
    for (const [name, selector] of Object.entries(channels)) {
      note(name, (document.querySelector(selector)?.textContent ?? '').trim() !== '')
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
}
