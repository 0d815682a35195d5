import type { Locator, Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { ready, useAppSite, type Play } from './support/app-site.ts'
import {
  ask,
  chatList,
  composerOf,
  hasFocus,
  lastReply,
  replyBegun,
  replyEnded,
  STEP,
  tabTo,
} from './support/chat-page.ts'

// The whole page without a mouse: keys alone. Wherever something closes or goes, the focus must be where one goes on, never nowhere.
const EXAMPLE = 'What is 47 * 38?'
const FIRST = 'What is 9 * 3? (1)'
const SECOND = 'What is 8 * 3? (1)'
const LAST = 'What is 7 * 3? (1)'

const site = useAppSite()
let page: Page

/** The page in a new profile with three chats in it, its model ready. */
async function open(play: Play = {}): Promise<void> {
  const profile = await site.profile({ permissions: ['clipboard-read', 'clipboard-write'] })
  page = await site.open(profile, { chats: 3, ...play })
  await ready(page)
  await expect.poll(hasFocus(composerOf(page))).toBe(true)
}

/** As `open`, with a question asked and answered; the focus is in the message field. */
async function openAnswered(play: Play = {}): Promise<void> {
  await open(play)
  await ask(page, EXAMPLE)
  await replyEnded(page)
}

/**
 * As `open`, with a reply that is being written until it is stopped; the focus is in the message field. Something stands there already:
 * a reply stopped before that could not go on.
 */
async function openStreaming(): Promise<void> {
  await open({ wait: 40 })
  await ask(page, EXAMPLE)
  await replyBegun(page)
  await summary().waitFor()
}

/** Goes to an element with Tab and presses a key there. */
async function pressAt(target: Locator, key = 'Enter', { backwards = false } = {}): Promise<void> {
  await tabTo(page, target, { backwards })
  await page.keyboard.press(key)
}

const summary = () => lastReply(page).locator('summary')
const button = (name: string) => lastReply(page).getByRole('button', { name, exact: true })
const row = (title: string) => chatList(page).getByRole('link', { name: title, exact: true })

test('Tab leads first to the way past the list of chats, and Enter there into the message field', async () => {
  await open()
  const skip = page.getByRole('link', { name: 'Skip to the message field' })
  await tabTo(page, skip, { backwards: true })
  await expect.poll(() => skip.evaluate((link) => link.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
  await page.keyboard.press('Enter')
  await expect.poll(hasFocus(composerOf(page))).toBe(true)
})

describe('a reply', () => {
  test('is asked for with an example, and one can go on writing at once', async () => {
    await open({ wait: 40 })
    await pressAt(page.getByRole('button', { name: EXAMPLE }), 'Enter', { backwards: true })
    await replyBegun(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await page.keyboard.type('And 12 * 11?')
    await expect.poll(() => composerOf(page).inputValue()).toBe('And 12 * 11?')
  })

  test('shows its thinking with Enter and hides it with Space, while it streams', async () => {
    await openStreaming()
    await pressAt(summary(), 'Enter', { backwards: true })
    await lastReply(page).locator(STEP).first().waitFor()
    await expect.poll(hasFocus(summary())).toBe(true)
    await page.keyboard.press('Space')
    await expect.poll(() => lastReply(page).locator(STEP).count()).toBe(0)
    await expect.poll(hasFocus(summary())).toBe(true)
  })

  test('is stopped with Escape, which moves nothing', async () => {
    await openStreaming()
    await tabTo(page, summary(), { backwards: true })
    await page.keyboard.press('Escape')
    const reply = await replyEnded(page)
    await reply.getByRole('button', { name: 'Continue' }).waitFor()
    await expect.poll(hasFocus(summary())).toBe(true)
  })

  test('goes on with Continue, and is stopped with its button', async () => {
    await openStreaming()
    await page.keyboard.press('Escape')
    await replyEnded(page)
    await pressAt(button('Continue'), 'Enter', { backwards: true })
    await replyBegun(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await pressAt(page.getByRole('button', { name: 'Stop' }))
    await replyEnded(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await pressAt(button('Continue'), 'Enter', { backwards: true })
    await replyBegun(page)
    await page.evaluate('resumeEngine()')
    await replyEnded(page)
    await expect.poll(() => lastReply(page).locator('.answer').textContent()).toContain('1786')
  })

  test('is copied, and the button keeps the focus', async () => {
    await openAnswered()
    const said = lastReply(page).locator('[aria-label=Copied]:focus').waitFor() // for a moment
    await Promise.all([said, pressAt(button('Copy answer'), 'Enter', { backwards: true })])
    expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe('1786')
    await expect.poll(hasFocus(button('Copy answer'))).toBe(true)
  })

  test('is written again, and its versions are switched without losing the place', async () => {
    await openAnswered({ play: 'corrects,decimals' })
    await pressAt(button('Regenerate'), 'Enter', { backwards: true })
    await expect.poll(() => lastReply(page).locator('.answer').textContent()).toContain('9.9')
    await replyEnded(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await pressAt(button('Previous reply'), 'Enter', { backwards: true })
    await expect.poll(() => lastReply(page).locator('.answer').textContent()).toContain('1786')
    await expect.poll(hasFocus(button('Next reply'))).toBe(true) // the other is of no use at the first
    await page.keyboard.press('Space')
    await expect.poll(() => lastReply(page).locator('.answer').textContent()).toContain('9.9')
    await expect.poll(hasFocus(button('Previous reply'))).toBe(true)
  })
})

describe('a message', () => {
  const editor = () => page.getByRole('textbox', { name: 'Edit your message' })
  const edit = () => page.getByRole('button', { name: 'Edit', exact: true })

  test('is edited with Enter on its button; Escape leaves it and goes back there', async () => {
    await openAnswered()
    await pressAt(edit(), 'Enter', { backwards: true })
    await expect.poll(hasFocus(editor())).toBe(true)
    await page.keyboard.type(' Really?')
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(edit())).toBe(true)
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(EXAMPLE)
  })

  test('is asked again in other words, and the words are switched', async () => {
    await openAnswered({ play: 'corrects,counts' })
    await pressAt(edit(), 'Enter', { backwards: true })
    await expect.poll(hasFocus(editor())).toBe(true)
    await page.keyboard.press('Control+a')
    await page.keyboard.type('How many r?')
    await page.keyboard.press('Enter')
    const previous = page.getByRole('button', { name: 'Previous wording' })
    await previous.waitFor()
    await replyEnded(page)
    await expect.poll(() => page.locator('.user-text').textContent()).toBe('How many r?')
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await pressAt(previous, 'Enter', { backwards: true })
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(EXAMPLE)
    await expect.poll(hasFocus(page.getByRole('button', { name: 'Next wording' }))).toBe(true)
  })

  test('is edited with ArrowUp in the empty field', async () => {
    await openAnswered()
    await page.keyboard.press('ArrowUp')
    await expect.poll(hasFocus(editor())).toBe(true)
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(edit())).toBe(true)
  })
})

describe('the list of chats', () => {
  const actions = (title: string) => chatList(page).getByRole('button', { name: `Actions for “${title}”` })
  const menu = () => page.getByRole('menu')
  const item = (name: string) => menu().getByRole('menuitem', { name })

  test('begins a chat with Ctrl+Shift+O, ready to write', async () => {
    await openAnswered()
    await tabTo(page, button('Copy answer'), { backwards: true })
    await page.keyboard.press('Control+Shift+O')
    await expect.poll(() => page.getByRole('article').count()).toBe(0)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
  })

  test('is one stop for Tab, and the arrows go through it', async () => {
    await openAnswered()
    await row(EXAMPLE).waitFor()
    await page.keyboard.press('Control+k')
    await expect.poll(hasFocus(chatList(page).getByRole('searchbox'))).toBe(true)
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(row(EXAMPLE))).toBe(true)
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(row(FIRST))).toBe(true)
    await page.keyboard.press('End')
    await expect.poll(hasFocus(row(LAST))).toBe(true)
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    await expect.poll(hasFocus(actions(FIRST))).toBe(true)
    await page.keyboard.press('Tab')
    await expect.poll(hasFocus(chatList(page).getByRole('link', { name: 'Models', exact: true }))).toBe(true)
  })

  test('opens the menu of a chat, which arrows go through and Escape closes', async () => {
    await open()
    await pressAt(actions(FIRST), 'Enter', { backwards: true })
    await expect.poll(hasFocus(item('Rename'))).toBe(true)
    await page.keyboard.press('ArrowUp')
    await expect.poll(hasFocus(item('Delete'))).toBe(true)
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(item('Rename'))).toBe(true)
    await page.keyboard.press('Escape')
    await expect.poll(() => menu().isVisible()).toBe(false)
    await expect.poll(hasFocus(actions(FIRST))).toBe(true)
  })

  test('renames a chat from its menu', async () => {
    await open()
    await pressAt(actions(FIRST), 'Enter', { backwards: true })
    await expect.poll(hasFocus(item('Rename'))).toBe(true)
    await page.keyboard.press('Enter')
    await expect.poll(hasFocus(chatList(page).getByRole('textbox', { name: 'Name of the chat' }))).toBe(true)
    await page.keyboard.type('Nine')
    await page.keyboard.press('Enter')
    await expect.poll(hasFocus(row('Nine'))).toBe(true)
    await page.keyboard.press('F2')
    await page.keyboard.type('Ten')
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(row('Nine'))).toBe(true)
  })

  test('exports a chat from its menu', async () => {
    await open()
    await pressAt(actions(FIRST), 'Enter', { backwards: true })
    await expect.poll(hasFocus(item('Rename'))).toBe(true)
    await page.keyboard.press('ArrowDown')
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    expect(download.suggestedFilename()).toBe('What is 9 3 (1).md')
    await expect.poll(hasFocus(actions(FIRST))).toBe(true)
  })

  test('deletes a chat, goes to its neighbour, and brings it back with Ctrl+Z', async () => {
    await open()
    await tabTo(page, row(FIRST), { backwards: true })
    await page.keyboard.press('Delete')
    await expect.poll(() => row(FIRST).count()).toBe(0)
    await expect.poll(hasFocus(row(SECOND))).toBe(true)
    await page.keyboard.press('Control+z')
    await expect.poll(hasFocus(row(FIRST))).toBe(true)
  })

  test('brings a deleted chat back with the button', async () => {
    await open()
    await pressAt(row(FIRST), 'Delete', { backwards: true })
    await expect.poll(() => row(FIRST).count()).toBe(0)
    await pressAt(chatList(page).getByRole('button', { name: 'Undo' }))
    await expect.poll(hasFocus(row(FIRST))).toBe(true)
  })

  test('opens a chat with Enter', async () => {
    await open()
    await tabTo(page, row(FIRST), { backwards: true })
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(row(SECOND))).toBe(true)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(SECOND)
    await expect.poll(nowhere).toBe(false)
  })

  test('is searched with Ctrl+K, and a hit opens with Enter', async () => {
    await open()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('"not 25"')
    await chatList(page).getByText('1 chat found').waitFor()
    await page.keyboard.press('ArrowDown')
    const hit = chatList(page).getByRole('link', { name: SECOND })
    await expect.poll(hasFocus(hit)).toBe(true)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(SECOND)
    await expect.poll(nowhere).toBe(false)
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    await expect.poll(() => chatList(page).locator('.chat-link').count()).toBe(3)
    await expect.poll(hasFocus(chatList(page).getByRole('searchbox'))).toBe(true)
  })
})

describe('settings', () => {
  const opener = () => page.getByRole('button', { name: 'Settings' })
  const dialog = () => page.getByRole('dialog', { name: 'Settings' })

  async function openSettings(): Promise<void> {
    await open()
    await pressAt(opener(), 'Enter', { backwards: true })
    await dialog().waitFor()
  }

  test('open with Enter, are changed with arrows, and close with Escape', async () => {
    await openSettings()
    await expect.poll(() => dialog().evaluate((element) => element.contains(document.activeElement))).toBe(true)
    await tabTo(page, dialog().getByRole('tab', { name: 'Appearance' }))
    await page.keyboard.press('ArrowDown')
    await tabTo(page, dialog().getByRole('radio', { name: 'Standard' }))
    await page.keyboard.press('ArrowRight')
    await expect.poll(hasFocus(dialog().getByRole('radio', { name: 'Advanced' }))).toBe(true)
    await expect.poll(() => dialog().getByRole('radio', { name: 'Advanced' }).isChecked()).toBe(true)
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'hidden' })
    await expect.poll(hasFocus(opener())).toBe(true)
  })

  test('keep the keyboard inside as long as they are open, and close with Done', async () => {
    await openSettings()
    const visited = new Set<string>()
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab')
      visited.add(await page.evaluate(() => `${document.activeElement?.closest('dialog, body')?.className}`))
    }
    visited.delete('') // the browser's own buttons, which are between the last and the first of the page
    expect([...visited]).toEqual(['settings'])
    await pressAt(dialog().getByRole('button', { name: 'Done' }))
    await dialog().waitFor({ state: 'hidden' })
    await expect.poll(hasFocus(opener())).toBe(true)
  })

  describe('at Data', () => {
    const buttonOf = (name: string) => dialog().getByRole('button', { name })

    async function openData(): Promise<void> {
      await openSettings()
      await tabTo(page, dialog().getByRole('tab', { name: 'Appearance' }))
      for (let presses = 0; presses < 4; presses++) await page.keyboard.press('ArrowDown')
      await expect.poll(hasFocus(dialog().getByRole('tab', { name: 'Data' }))).toBe(true)
    }

    test('take a file, and the news of it can be sent away', async () => {
      await openData()
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        pressAt(buttonOf('Import chats'), 'Space'),
      ])
      await chooser.setFiles({ name: 'diary.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear diary') })
      await dialog().getByText('The file cannot be imported').waitFor()
      await expect.poll(nowhere).toBe(false)
      await pressAt(buttonOf('Dismiss'), 'Enter', { backwards: true })
      await expect.poll(() => dialog().getByText('The file cannot be imported').count()).toBe(0)
      await expect.poll(hasFocus(buttonOf('Import chats'))).toBe(true)
    })

    test('give all chats as a file', async () => {
      await openData()
      const all = buttonOf('Export all chats')
      const [download] = await Promise.all([page.waitForEvent('download'), pressAt(all)])
      expect(download.suggestedFilename()).toMatch(/\.json$/)
      await expect.poll(hasFocus(all)).toBe(true)
    })

    test('ask before they delete all', async () => {
      await openData()
      const deleteAll = buttonOf('Delete all chats')
      await pressAt(deleteAll)
      const question = page.getByRole('dialog', { name: 'Delete all 3 chats?' })
      await expect.poll(hasFocus(question.getByRole('button', { name: 'Cancel' }))).toBe(true)
      await page.keyboard.press('Escape')
      await expect.poll(hasFocus(deleteAll)).toBe(true)
      await page.keyboard.press('Enter')
      await pressAt(question.getByRole('button', { name: 'Delete 3 chats' }))
      await expect.poll(() => chatList(page).locator('.chat-link').count()).toBe(0)
      await expect.poll(hasFocus(buttonOf('Import chats'))).toBe(true)
    })
  })
})

describe('the models', () => {
  test('open with Enter on their link, and lead back to the message field', async () => {
    await open()
    await pressAt(page.getByRole('link', { name: 'Models', exact: true }), 'Enter', { backwards: true })
    await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
    await expect.poll(nowhere).toBe(false)
    await pressAt(page.getByRole('button', { name: 'Back to the chat' }))
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
  })

  test('are reached from the settings', async () => {
    await open()
    await pressAt(page.getByRole('button', { name: 'Settings' }), 'Enter', { backwards: true })
    await tabTo(page, page.getByRole('tab', { name: 'Appearance' }))
    for (let presses = 0; presses < 2; presses++) await page.keyboard.press('ArrowDown')
    await pressAt(page.getByRole('dialog').getByRole('button', { name: 'Choose a model' }))
    await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
    await expect.poll(nowhere).toBe(false)
  })

  test('are reached from what is said of a model that cannot run', async () => {
    page = await site.open(await site.profile(), { gpu: 'small' })
    const link = page.getByRole('link', { name: 'Other models' })
    await tabTo(page, link, { backwards: true })
    await page.keyboard.press('Enter')
    const heading = page.getByRole('heading', { name: 'Models', exact: true })
    await expect.poll(hasFocus(heading)).toBe(true)
  })

  test('are left for a new chat with Ctrl+Shift+O', async () => {
    await open()
    await pressAt(page.getByRole('link', { name: 'Models', exact: true }), 'Enter', { backwards: true })
    await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
    await page.keyboard.press('Control+Shift+O')
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await expect.poll(() => new URL(page.url()).hash).not.toBe('#/models')
  })
})

test('on a phone, the drawer takes the focus and gives it back', async () => {
  await open()
  await page.setViewportSize({ width: 360, height: 740 })
  const opener = page.getByRole('button', { name: 'Show chats' })
  await pressAt(opener, 'Enter', { backwards: true })
  await chatList(page).getByRole('searchbox').waitFor()
  await expect.poll(() => chatList(page).evaluate((drawer) => drawer.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await expect.poll(hasFocus(opener)).toBe(true)
  await page.keyboard.press('Control+k')
  await expect.poll(hasFocus(chatList(page).getByRole('searchbox'))).toBe(true)
  await page.keyboard.press('Escape')
  await expect.poll(() => chatList(page).isVisible()).toBe(false)
  await expect.poll(nowhere).toBe(false)
})

/** Whether nothing has the focus. */
function nowhere(): Promise<boolean> {
  return page.evaluate(() => document.activeElement === null || document.activeElement === document.body)
}
