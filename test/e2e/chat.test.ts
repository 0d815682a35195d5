import type { BrowserContext, Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { accessibilityFaults } from './support/accessibility.ts'
import { heldReplyStored, ready, repliesStored, useAppSite, type Play } from './support/app-site.ts'
import {
  answersCanBeDrawn,
  ask,
  chatList,
  chooseMore,
  composerOf,
  drawn,
  lastReply,
  newChat,
  openSettings,
  pressToCopy,
  replyBegun,
  replyEnded,
  send,
  STEP,
  tabTo,
  withSettings,
} from './support/chat-page.ts'

// The whole page over the real store of the browser, with streams that the real model wrote.
const QUESTION = 'What is 47 * 38?'

const site = useAppSite()
let profile: BrowserContext

/** The page in a new profile, with its model ready. */
async function open(play: Play = {}, thinking?: 'Standard' | 'Advanced' | 'Hidden'): Promise<Page> {
  profile = await site.profile({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await site.open(profile, play)
  await ready(page)
  if (thinking !== undefined) {
    await withSettings(page, (dialog) => dialog.getByRole('radio', { name: thinking }).check())
  }
  return page
}

const chatLinks = (page: Page) =>
  page.getByRole('complementary').getByRole('link', { name: /./ }).filter({ hasText: /\?/ })

describe('thinking', () => {
  test('is a pill that says what goes on, with its current line and, from a second on, for how long', async () => {
    const page = await open({ pace: 5, wait: 13 })
    const line = lastReply(page).locator('summary')
    await ask(page, QUESTION)
    await expect.poll(() => line.innerText()).toMatch(/^Thinking…\s+47\*8=388$/) // for less than a second
    const later = await site.open(profile, { pace: 5, hold: 64 })
    await ready(later)
    await ask(later, QUESTION)
    const laterLine = lastReply(later).locator('summary')
    await expect.poll(() => laterLine.innerText()).toMatch(/^Checking itself…\s+40\*8=[^]*47\*8=37\s+1\ss$/)
  })

  test('opens with Enter while it goes on', async () => {
    const page = await open({ pace: 60, hold: 40 })
    await ask(page, QUESTION)
    const line = lastReply(page).locator('summary')
    await expect.poll(() => line.innerText()).toContain('Checking itself…')
    expect(await lastReply(page).locator(STEP).count()).toBe(0)
    await tabTo(page, line, { backwards: true })
    await page.keyboard.press('Enter')
    await lastReply(page).locator('.check').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('says in the end how long it took and how often it was checked', async () => {
    const page = await open()
    await ask(page, QUESTION)
    const reply = await replyEnded(page)
    await expect
      .poll(() => reply.locator('summary').innerText())
      .toMatch(/^Checked itself 3 times · 1 corrected · \d+\ss$/)
    await expect.poll(async () => (await reply.locator('.answer').innerText()).trim()).toBe('1786')
  })

  test('that is opened shows what was wrong, struck, and what is right; what a check confirms is a line of its own', async () => {
    const page = await open()
    await ask(page, QUESTION)
    const reply = await replyEnded(page)
    await reply.locator('summary').click()
    const checks = reply.getByRole('group', { name: 'Check' })
    await expect.poll(() => checks.count()).toBe(3)
    await expect.poll(() => checks.locator('s').allInnerTexts()).toEqual(['47*8=388'])
    await expect.poll(() => checks.locator('.now').allInnerTexts()).toEqual(['47*8=376'])
    await expect
      .poll(() => reply.locator('.confirmed .checked').allInnerTexts())
      .toEqual(['47*30=1410', '1410+376=1786'])
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('that was short or unchecked is said to be so, and never to have taken no time', async () => {
    const page = await open({ reply: '<thinking>\nEasy.\n</thinking>\n<output>\nYes.\n</output>' })
    await ask(page, QUESTION)
    const reply = await replyEnded(page)
    await expect.poll(() => reply.locator('summary').innerText()).toMatch(/^Thought for (?:a moment|\d+\ss)$/)
    expect(await reply.innerText()).not.toContain('0.0')
  })

  test('that the user closed or opened stays so while it streams', async () => {
    const page = await open({ pace: 40 }, 'Advanced')
    await ask(page, QUESTION)
    const details = lastReply(page).locator('details.reasoning')
    await lastReply(page).locator('.check').first().waitFor()
    await details.locator('summary').click()
    await replyEnded(page)
    await expect.poll(() => details.getAttribute('open')).toBe(null)
    await details.locator('summary').click()
    await withSettings(page, (dialog) => dialog.getByRole('radio', { name: 'Standard' }).check())
    await lastReply(page).locator('.check').first().waitFor()
  })

  test('is in the advanced mode a timeline in which each check stands with the line that it corrects', async () => {
    const page = await open({}, 'Advanced')
    await ask(page, QUESTION)
    const reply = await replyEnded(page)
    const first = reply.locator('.correction').first()
    await expect.poll(() => first.locator('.checked s').innerText()).toBe('47*8=388')
    await expect.poll(() => first.locator('.checked').innerText()).toMatch(/^was:\s+47/)
    await expect.poll(() => first.locator('.check .now').innerText()).toBe('47*8=376')
    await expect.poll(() => first.locator('.check').innerText()).toMatch(/^now:[^]*376, not 388/)
    await expect.poll(() => first.locator('.check .cost').innerText()).toMatch(/^[\d.]+\u202fs · \d+ tokens$/)
    await expect.poll(() => first.locator('.checked + .cost').innerText()).toMatch(/^[\d.]+\u202fs · \d+ tokens$/)
    const counted = await reply.locator('.cost').allInnerTexts()
    const sum = counted.reduce((total, text) => total + Number(/(\d+) tokens/.exec(text)?.[1]), 0)
    const [, thinking, checking] =
      /(\d+) thinking, (\d+) checking/.exec(await reply.locator('.statistics').innerText()) ?? []
    const all = Number(thinking) + Number(checking)
    expect(sum).toBeLessThanOrEqual(all)
    expect(sum).toBeGreaterThan(all - 4) // line ends between two blocks belong to no step
  })

  test('can be read as the model wrote it', async () => {
    const page = await open({}, 'Advanced')
    await ask(page, QUESTION)
    const reply = await replyEnded(page)
    await chooseMore(reply, 'Raw text')
    await expect.poll(() => reply.locator('.raw').innerText()).toMatch(/^<thinking>[^]*<reflection>[^]*<output>\s*1786/)
    await chooseMore(reply, 'Hide raw text')
    await reply.locator('.answer').waitFor()
  })

  test('is not there in the hidden mode', async () => {
    const page = await open({ pace: 20 }, 'Hidden')
    await ask(page, QUESTION)
    await expect.poll(() => lastReply(page).innerText()).toMatch(/Thinking…|Checking itself…/)
    const reply = await replyEnded(page)
    await expect.poll(async () => (await reply.locator('st-markdown.answer').innerText()).trim()).toBe('1786')
    expect(await reply.locator('details, .timeline').count()).toBe(0)
    await reply.getByRole('button', { name: 'More' }).click()
    await expect.poll(() => page.getByRole('menuitem').allInnerTexts()).toEqual(['Statistics'])
  })

  test('is copied with the answer, its checks marked', async () => {
    const page = await open()
    await ask(page, QUESTION)
    const copied = lastReply(page).getByRole('button', { name: 'Copied' }).waitFor() // it says so for a moment
    await Promise.all([copied, chooseMore(await replyEnded(page), 'Copy with thinking')])
    const text = await page.evaluate(() => navigator.clipboard.readText())
    expect(text).toMatch(/^> 47\*8=388\n>\n> Check: [^]*376, not 388[^]*\n\n1786$/)

    // On a page of a plain http address, which has no clipboard, the command of the browser copies; where that may not, words say so.
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }))
    const answer = lastReply(page)
    await answer.getByRole('button', { name: 'Copied' }).waitFor({ state: 'detached' })
    await pressToCopy(
      answer.getByRole('button', { name: 'Copy answer' }),
      answer.getByRole('button', { name: 'Copied' }),
    )
    await page.evaluate(() => (document.execCommand = () => false))
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: 'Could not be copied' }).waitFor()
    await page.evaluate(() => Reflect.deleteProperty(navigator, 'clipboard'))
    expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe('1786')
  })
})

describe('what a screen reader hears', () => {
  test('is the answer and not the thinking', async () => {
    const page = await open({ pace: 5 })
    await page.evaluate(noteSpoken)
    await answersCanBeDrawn(page)
    await ask(page, QUESTION)
    await replyEnded(page)
    await expect.poll(() => page.evaluate('spoken')).toBe('1786')
  })

  test('is also an answer that ended before what renders answers was here, and is said once', async () => {
    const page = await open()
    let arrive = (): void => undefined
    const wait = new Promise<void>((resolve) => (arrive = resolve))
    await page.route('**/markdown-text-*.js', async (route) => {
      await wait
      await route.continue()
    })
    await page.reload() // nothing was fetched ahead
    await ready(page)
    const log = page.getByRole('log', { name: 'Answer' })
    await ask(page, QUESTION)
    const reply = await replyEnded(page)
    expect(await reply.locator('st-markdown').count()).toBe(0)
    expect(await log.innerText()).toBe('')
    arrive()
    await expect.poll(() => log.innerText()).toBe('1786')
    await withSettings(page, async (dialog) => {
      await dialog.getByRole('tab', { name: 'Appearance' }).click()
      await dialog.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN') // renders it anew
      await page.getByRole('combobox', { name: '语言' }).selectOption('en')
    })
    await reply.locator('.answer').getByText('1786').waitFor()
    expect(await log.innerText()).toBe('1786')
  })
})

describe('scrolling', () => {
  test('at the end follows the reply; scrolled up, the page stays where the reader is, and the focus where it was', async () => {
    const long = `<thinking>\n${'A line of thinking.\n'.repeat(30)}</thinking>\n<output>\n${'A line of the answer.\n\n'.repeat(120)}</output>`
    const page = await open({ reply: long, pace: 15 }, 'Advanced')
    await ask(page, QUESTION)
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(1600)
    await expect.poll(() => below(page)).toBeLessThan(60) // a frame after it grew
    await page.mouse.move(600, 300)
    await page.mouse.wheel(0, -500)
    await expect.poll(() => below(page)).toBeGreaterThan(300)
    const top = await page.evaluate(() => window.scrollY)
    const focused = await page.evaluate(() => document.activeElement?.tagName)
    expect(focused).toBe('TEXTAREA')
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(height + 600)
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe(focused)
    expect(Math.abs((await page.evaluate(() => window.scrollY)) - top)).toBeLessThan(2)
    await page.getByRole('button', { name: 'Stop' }).click()
  })
})

describe('a chat', () => {
  test('is there again after a reload, under its address', async () => {
    const page = await open()
    await ask(page, QUESTION)
    await replyEnded(page)
    await expect.poll(() => page.url()).toMatch(/#\/chat\/\w+$/)
    await chatLinks(page).first().waitFor()
    await repliesStored(page, 1)
    await page.reload()
    await expect.poll(async () => (await lastReply(page).locator('.answer').innerText()).trim()).toBe('1786')
    await expect
      .poll(() => lastReply(page).locator('summary').innerText())
      .toMatch(/^Checked itself 3 times · 1 corrected · \d+\ss$/)
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(QUESTION)
  })

  test('that was being written when the page was reloaded keeps what was written, says so, and goes on', async () => {
    const page = await open({ pace: 5, hold: 40 }, 'Advanced')
    await ask(page, QUESTION)
    await lastReply(page).locator('.check').first().waitFor()
    await page.evaluate(() => customElements.whenDefined('st-markdown').then(() => undefined)) // checks are judged from then on
    await heldReplyStored(page)
    await drawn(page)
    const written = await stepsOf(page)
    await page.goto(page.url().replace('hold=40', 'hold=100000'))
    await expect.poll(() => lastReply(page).innerText()).toContain('Interrupted before it was finished.')
    await expect.poll(() => stepsOf(page)).toBe(written)
    await ready(page)
    await lastReply(page).getByRole('button', { name: 'Continue' }).click()
    await replyBegun(page)
    await replyEnded(page)
    await expect.poll(() => stepsOf(page)).toContain(written.slice(0, 40))
    await expect.poll(() => page.getByRole('article', { name: 'Reply' }).count()).toBe(1)
  })

  test('survives a crash of the whole page in mid-answer', async () => {
    const page = await open({ pace: 5, hold: 40 })
    await ask(page, QUESTION)
    await expect.poll(() => lastReply(page).locator('summary').innerText()).toContain('Checking')
    await heldReplyStored(page)
    const address = page.url()
    await page.goto('chrome://crash').catch(() => undefined)
    const again = await profile.newPage()
    await again.goto(address.replace('hold=40', 'hold=100000'))
    await expect.poll(() => lastReply(again).innerText()).toContain('Interrupted before it was finished.')
    await lastReply(again).locator('summary').click()
    await lastReply(again).locator('.check').first().waitFor()
  })

  test('keeps what came when the engine dies, and goes on with it', async () => {
    const page = await open({ pace: 5, hold: 30 })
    await ask(page, QUESTION)
    await expect.poll(() => lastReply(page).locator('summary').innerText()).toContain('Checking')
    await page.evaluate('crashEngine()')
    const alert = lastReply(page).getByRole('alert')
    await expect.poll(() => alert.innerText()).toMatch(/^The engine stopped/)
    await ready(page) // it comes back by itself
    await expect.poll(() => alert.innerText()).toContain('The model is here again. Let the reply go on')
    expect(await accessibilityFaults(page)).toEqual([])
    await lastReply(page).getByRole('button', { name: 'Continue' }).click()
    await replyBegun(page)
  })

  test('shows in a second tab how it is written in the first, and is marked when that is gone', async () => {
    const first = await open({ pace: 5, hold: 60 })
    await ask(first, QUESTION)
    await expect.poll(() => first.url()).toContain('#/chat/')
    const second = await site.open(profile, {}, new URL(first.url()).hash)
    await second.getByText('A reply is being written in another tab.').waitFor()
    await ready(second)
    await composerOf(second).fill('Meanwhile?')
    await expect.poll(() => second.getByRole('button', { name: 'Send' }).isEnabled()).toBe(false)
    expect(await accessibilityFaults(second)).toEqual([])
    await first.close()
    await expect.poll(() => lastReply(second).innerText()).toContain('Interrupted before it was finished.')
    await lastReply(second).locator('summary').click()
    await lastReply(second).locator('.check').first().waitFor()
  })

  test('that two tabs write to loses nothing of either', async () => {
    const first = await open({ play: 'greets' })
    await ask(first, 'From the first')
    await replyEnded(first)
    await expect.poll(() => first.url()).toContain('#/chat/')
    const second = await site.open(profile, { play: 'greets' }, new URL(first.url()).hash)
    await ready(second)
    await ask(second, 'From the second')
    await replyEnded(second)
    await expect.poll(() => first.locator('.user-text').allInnerTexts()).toEqual(['From the first', 'From the second'])
    await ask(first, 'From the first again')
    await replyEnded(first)
    const all = ['From the first', 'From the second', 'From the first again']
    await expect.poll(() => second.locator('.user-text').allInnerTexts()).toEqual(all)
    await second.reload()
    await expect.poll(() => second.locator('.user-text').allInnerTexts()).toEqual(all)
  })

  test('of 2,000 messages is shown from its end, and further back as the reader looks there', async () => {
    const page = await open({ messages: 2000 })
    await page.goto(`${page.url().split('#')[0]?.replace('messages=2000', 'messages=0')}#/chat/long`)
    await lastReply(page).waitFor()
    await expect.poll(() => page.locator('.user-text').last().innerText()).toContain('(1000)')
    const count = () => page.getByRole('article').count()
    const before = await count()
    expect(before).toBe(30)
    const seen = page.locator('.user-text').first()
    const text = (await seen.textContent()) ?? ''
    await page.evaluate(() => window.scrollTo(0, 0))
    await expect.poll(count).toBeGreaterThan(before)
    await expect.poll(() => page.getByText(text, { exact: true }).count()).toBe(1)
    await page.getByRole('button', { name: /^Show \d+ earlier messages$/ }).waitFor()
  })
})

describe('writing', () => {
  test('Enter that ends a composition of an input method does not send', async () => {
    const page = await open()
    await composerOf(page).focus()
    const cdp = await profile.newCDPSession(page)
    await cdp.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
    await composerOf(page).dispatchEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true })
    expect(await page.getByRole('article').count()).toBe(0)
    await cdp.send('Input.insertText', { text: '日本' })
    await expect.poll(() => composerOf(page).inputValue()).toContain('日本')
    await page.keyboard.press('Enter')
    await replyEnded(page)
    await expect.poll(() => page.locator('.user-text').innerText()).toContain('日本')
  })

  test('text from right to left stands at the right, in messages and in answers', async () => {
    const page = await open({ reply: '<output>\nمرحبا بالعالم\n\nplain\n</output>' })
    await ask(page, 'שלום עולם')
    const reply = await replyEnded(page)
    const direction = (selector: string) =>
      page.locator(selector).evaluateAll((found) => found.map((element) => getComputedStyle(element).direction))
    await expect.poll(() => direction('.user-text')).toEqual(['rtl'])
    await expect.poll(() => direction('.answer p')).toEqual(['rtl', 'ltr'])
    await expect.poll(() => reply.locator('.answer').innerText()).toContain('مرحبا')
  })

  test('what shows nothing is not sent, and blank lines at the start are left out', async () => {
    const page = await open({ play: 'greets' })
    await composerOf(page).fill('\u200b\u2060 \n')
    await composerOf(page).press('Enter')
    await page.getByRole('button', { name: 'Send' }).click()
    expect(await page.getByRole('article').count()).toBe(0)
    expect(await composerOf(page).evaluate((field) => field === document.activeElement)).toBe(true)
    await ask(page, '\n \n  one\n\ntwo')
    await replyEnded(page)
    await expect.poll(() => page.locator('.user-text').textContent()).toBe('  one\n\ntwo')
    await page.getByRole('button', { name: 'Edit' }).click()
    await expect.poll(() => page.getByRole('textbox', { name: 'Your message', exact: true }).count()).toBe(1)
  })

  test('while the model loads keeps the message and says when it is sent', async () => {
    profile = await site.profile()
    const page = await site.open(profile, { loading: 'hold' })
    await composerOf(page).fill('Early')
    await composerOf(page).press('Enter')
    await page.getByText('Your message is sent as soon as the model is ready.').waitFor()
    await expect.poll(() => composerOf(page).inputValue()).toBe('Early')
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('begins with a card of the kind that one wants, and how thinking is shown is chosen beside the field', async () => {
    const page = await open()
    await page.getByText('Nothing you write leaves this device.').waitFor()
    const kinds = await page.locator('.example-kind').allInnerTexts()
    expect(kinds.map((kind) => kind.trim())).toEqual(['Compare', 'Count', 'Calculate', 'Words'])
    await page.getByRole('button', { name: 'Thinking: Standard' }).click()
    await page.getByRole('menuitemradio', { name: 'Advanced' }).click()
    await page.getByRole('button', { name: /^Calculate/ }).click()
    await (await replyEnded(page)).locator('.timeline').waitFor()
    await expect.poll(() => page.locator('.user-text').innerText()).toBe(QUESTION)
  })

  test('a draft outlives a look at the models and a reload', async () => {
    const page = await open()
    await composerOf(page).fill('Not sent yet')
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await expect.poll(() => page.url()).toContain('#/models')
    await page.goBack()
    await expect.poll(() => composerOf(page).inputValue()).toBe('Not sent yet')
    await page.reload()
    await expect.poll(() => composerOf(page).inputValue()).toBe('Not sent yet')
  })

  describe('a message that is put in other words', () => {
    const editor = (page: Page) => page.getByRole('textbox', { name: 'Edit your message' })
    const edit = (page: Page) => page.getByRole('button', { name: 'Edit', exact: true })

    async function openEdited(): Promise<Page> {
      const page = await open({ play: 'greets' })
      await ask(page, 'Helo')
      await replyEnded(page)
      await edit(page).click()
      await editor(page).fill('Hello there')
      return page
    }

    test('stands below the head of the page, however short the chat is', async () => {
      const page = await open({}, 'Advanced')
      await ask(page, QUESTION)
      await replyEnded(page)
      // A window in which the chat has just room enough, until the message has a field.
      await page.setViewportSize({ width: 1280, height: 500 })
      await drawn(page)
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      await page.setViewportSize({ width: 1280, height })
      await drawn(page)
      await edit(page).click()
      await drawn(page)
      const { top, header } = await editor(page).evaluate((field) => ({
        top: field.getBoundingClientRect().top,
        header: document.querySelector('.header')?.getBoundingClientRect().bottom ?? 0,
      }))
      expect(top).toBeGreaterThanOrEqual(header)
    })

    test('stays so over another chat, a look at the models and a reload', async () => {
      const page = await openEdited()
      await newChat(page)
      await expect.poll(() => editor(page).count()).toBe(0)
      await page.goBack()
      await expect.poll(() => editor(page).inputValue()).toBe('Hello there')
      await page.getByRole('link', { name: 'Models', exact: true }).click()
      await expect.poll(() => page.url()).toContain('#/models')
      await page.goBack()
      await expect.poll(() => editor(page).inputValue()).toBe('Hello there')
      await page.reload()
      await expect.poll(() => editor(page).inputValue()).toBe('Hello there')
      await ready(page)
      await editor(page).press('Enter')
      await replyEnded(page)
      await expect.poll(() => page.locator('.user-text').innerText()).toBe('Hello there')
      await page.reload()
      await page.locator('.user-text').waitFor()
      expect(await editor(page).count()).toBe(0)
    })

    test('goes with its chat when that is deleted, and comes back with it', async () => {
      const page = await openEdited()
      const kept = () => page.evaluate(() => sessionStorage.getItem('draft-rewordings'))
      await expect.poll(kept).toContain('Hello there')
      await chatList(page).getByRole('link', { name: /Helo/ }).press('Delete')
      await expect.poll(kept).toBeNull()
      await chatList(page).getByRole('button', { name: 'Undo' }).click()
      await expect.poll(() => editor(page).inputValue()).toBe('Hello there')
      expect(await kept()).toContain('Hello there')
    })

    test('stays in its field while another one is edited too', async () => {
      const page = await openEdited()
      await ask(page, 'And you')
      await replyEnded(page)
      await edit(page).click() // of the second one: the first has its field
      await page.keyboard.type('?')
      await expect.poll(() => editor(page).last().inputValue()).toBe('And you?')
      expect(await editor(page).first().inputValue()).toBe('Hello there')
      await page.keyboard.press('Escape')
      await expect.poll(() => editor(page).count()).toBe(1)
      expect(await edit(page).evaluate((button) => button === document.activeElement)).toBe(true)
      expect(await editor(page).inputValue()).toBe('Hello there')
    })

    test('stays in its field, which says why, when there is no model to ask', async () => {
      const page = await openEdited()
      await page.evaluate('crashEngine()')
      await ready(page) // it came back by itself
      await page.evaluate('crashEngine()')
      await page.getByRole('alert').filter({ hasText: 'The engine stopped' }).waitFor()
      await editor(page).press('Enter')
      await page.getByRole('alert').filter({ hasText: 'Your message is kept.' }).waitFor()
      expect(await editor(page).inputValue()).toBe('Hello there')
      expect(await editor(page).evaluate((field) => field === document.activeElement)).toBe(true)
    })
  })

  test('a message that was too long comes back before what was typed meanwhile', async () => {
    const page = await open({ reply: 'x', fail: 'prompt-too-long', wait: 0 })
    await send(page, 'Much too long')
    await replyBegun(page)
    await composerOf(page).fill('And then?')
    await page.evaluate('resumeEngine()')
    await page.getByRole('alert').waitFor()
    expect(await composerOf(page).inputValue()).toBe('Much too long\n\nAnd then?')
    expect(await page.locator('.user-text').count()).toBe(0)
  })

  test('ArrowUp in the empty field edits the last message', async () => {
    const page = await open({ play: 'greets' })
    await ask(page, 'Helo')
    await replyEnded(page)
    await composerOf(page).press('ArrowUp')
    const editor = page.getByRole('textbox', { name: 'Edit your message' })
    await expect.poll(() => editor.evaluate((field) => field === document.activeElement)).toBe(true)
    await editor.fill('Hello')
    await editor.press('Enter')
    await replyEnded(page)
    await expect.poll(() => page.locator('.user-text').innerText()).toBe('Hello')
    await page.getByRole('button', { name: 'Previous wording' }).click()
    await expect.poll(() => page.locator('.user-text').innerText()).toBe('Helo')
  })
})

describe('settings', () => {
  test('are kept: mode, theme and language', async () => {
    const page = await open()
    await withSettings(page, async (dialog) => {
      await dialog.getByRole('radio', { name: 'Advanced' }).check()
      await dialog.getByRole('tab', { name: 'Appearance' }).click()
      await dialog.getByRole('radio', { name: 'Dark' }).check()
    })
    await page.reload()
    await ready(page)
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    await expect.poll(ground).toBe('rgb(22, 24, 27)')
    await ask(page, QUESTION)
    await (await replyEnded(page)).locator('.timeline').waitFor()
  })

  test('speak the language that was chosen while the words of the one before were on their way', async () => {
    const page = await open()
    let arrive = (): void => undefined
    const wait = new Promise<void>((resolve) => (arrive = resolve))
    await page.route('**/privacy-en-*.js', (route) => wait.then(() => route.continue()))
    await openSettings(page, 'Privacy')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('tab', { name: 'Appearance' }).click()
    await dialog.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN')
    await dialog.getByRole('tab', { name: '隐私' }).click()
    await dialog.getByRole('radio', { name: '加密保留' }).waitFor()
    const fetched = page.waitForResponse(/privacy-en-/)
    arrive()
    await (await fetched).finished()
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
    await drawn(page)
    expect(await dialog.getByRole('radio', { name: '加密保留' }).count()).toBe(1)
  })

  test('change the language of the page at once, and all of it', async () => {
    const page = await open({ play: 'corrects' })
    await ask(page, QUESTION)
    await replyEnded(page)
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('dialog').getByRole('combobox', { name: 'Language' }).selectOption('zh-CN')
    await page.getByRole('button', { name: '完成' }).click()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN')
    await expect.poll(() => page.locator('main').innerText()).toMatch(/自我检查 3 次 · 纠正 1 处/)
    await page.getByRole('button', { name: '重新生成' }).waitFor()
    const english = async () => {
      const names = /Second Thought|Scripted|Says what a test[^\n]+|What is[^\n]+/g
      return (await page.locator('body').innerText()).replaceAll(names, '').match(/\b[A-Z][a-z]{3,}\b/g) ?? []
    }
    await expect.poll(english).toEqual([]) // some words are fetched
    expect(await accessibilityFaults(page)).toEqual([])
  })
})

/** Notes in `spoken` what stands in the live region in the end. */
function noteSpoken(): void {
  const log = document.querySelector('[role=log]')
  new MutationObserver(() => {
    Object.assign(globalThis, { spoken: (log as HTMLElement).innerText.trim() })
  }).observe(log as HTMLElement, { childList: true, subtree: true, characterData: true })
}

/** How many pixels of the page are below what is in sight. */
function below(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollHeight, clientHeight } = document.documentElement
    return scrollHeight - clientHeight - window.scrollY
  })
}

/** What a timeline says of the steps, but not what came of them. */
async function stepsOf(page: Page): Promise<string> {
  const texts = await lastReply(page).locator('.thought, .checked, .reason').allInnerTexts()
  return texts
    .map((text) => text.replace(/^was:\s/, ''))
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
