import type { BrowserContext, Locator, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAppSite, ready, type AppSite } from './support/app-site.ts'
import { chatList, composerOf, lastReply, replyBegun, replyEnded, STEP, tabTo } from './support/chat-page.ts'

// The whole page without a mouse: keys alone, in one session. A test goes on where the one before it ended. Wherever something closes
// or goes, the focus must be where one goes on, never nowhere.
const EXAMPLE = 'What is 47 * 38?'

let site: AppSite
let profile: BrowserContext
let page: Page

beforeAll(async () => {
  site = await openAppSite()
  profile = await site.profile({ permissions: ['clipboard-read', 'clipboard-write'] })
  page = await site.open(profile, { play: 'corrects,corrects,corrects,decimals,counts', pace: 12, chats: 3 })
  await ready(page)
})
afterAll(async () => {
  await site?.close()
})

/** Asks whether an element has the focus. */
function hasFocus(target: Locator): () => Promise<boolean> {
  return () => target.evaluate((element) => element === document.activeElement)
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
  await expect.poll(hasFocus(composerOf(page))).toBe(true)
  const skip = page.getByRole('link', { name: 'Skip to the message field' })
  await tabTo(page, skip, { backwards: true })
  expect(await skip.evaluate((link) => link.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
  await page.keyboard.press('Enter')
  await expect.poll(hasFocus(composerOf(page))).toBe(true)
})

describe('a reply', () => {
  test('is asked for with an example, and one can go on writing at once', async () => {
    await pressAt(page.getByRole('button', { name: EXAMPLE }), 'Enter', { backwards: true })
    await replyBegun(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await page.keyboard.type('And 12 * 11?')
    expect(await composerOf(page).inputValue()).toBe('And 12 * 11?')
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Delete')
  })

  test('shows its thinking with Enter and hides it with Space, while it streams', async () => {
    await pressAt(summary(), 'Enter', { backwards: true })
    await lastReply(page).locator(STEP).first().waitFor()
    await expect.poll(hasFocus(summary())).toBe(true)
    await page.keyboard.press('Space')
    await expect.poll(() => lastReply(page).locator(STEP).count()).toBe(0)
    await expect.poll(hasFocus(summary())).toBe(true)
  })

  test('is stopped with Escape, which moves nothing', async () => {
    await page.keyboard.press('Escape')
    const reply = await replyEnded(page)
    await reply.getByRole('button', { name: 'Continue' }).waitFor()
    await expect.poll(hasFocus(summary())).toBe(true)
  })

  test('goes on with Continue, and is stopped with its button', async () => {
    await pressAt(button('Continue'))
    await replyBegun(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await pressAt(page.getByRole('button', { name: 'Stop' }))
    await replyEnded(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await pressAt(button('Continue'), 'Enter', { backwards: true })
    await replyBegun(page)
    await replyEnded(page)
    expect(await lastReply(page).locator('.answer').textContent()).toContain('1786')
  })

  test('is copied, and the button keeps the focus', async () => {
    await pressAt(button('Copy answer'), 'Enter', { backwards: true })
    await expect.poll(hasFocus(button('Copied'))).toBe(true)
    expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe('1786')
    await expect.poll(hasFocus(button('Copy answer'))).toBe(true)
  })

  test('is written again, and its versions are switched without losing the place', async () => {
    await pressAt(button('Regenerate'))
    await replyBegun(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await replyEnded(page)
    await expect.poll(() => lastReply(page).locator('.answer').textContent()).toContain('9.9')
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
    await pressAt(edit(), 'Enter', { backwards: true })
    await expect.poll(hasFocus(editor())).toBe(true)
    await page.keyboard.type(' Really?')
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(edit())).toBe(true)
    expect(await page.locator('.user-text').textContent()).toBe(EXAMPLE)
  })

  test('is asked again in other words, and the words are switched', async () => {
    await page.keyboard.press('Enter')
    await expect.poll(hasFocus(editor())).toBe(true)
    await page.keyboard.press('Control+a')
    await page.keyboard.type('How many r?')
    await page.keyboard.press('Enter')
    await replyBegun(page)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    await replyEnded(page)
    const previous = page.getByRole('button', { name: 'Previous wording' })
    await pressAt(previous, 'Enter', { backwards: true })
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(EXAMPLE)
    await expect.poll(hasFocus(page.getByRole('button', { name: 'Next wording' }))).toBe(true)
  })

  test('is edited with ArrowUp in the empty field', async () => {
    await tabTo(page, composerOf(page))
    await page.keyboard.press('ArrowUp')
    await expect.poll(hasFocus(editor())).toBe(true)
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(edit())).toBe(true)
  })
})

describe('the list of chats', () => {
  const actions = (title: string) => chatList(page).getByRole('button', { name: `Actions for “${title}”` })
  const menu = () => page.getByRole('menu')
  const first = 'What is 9 * 3? (1)'
  const second = 'What is 8 * 3? (1)'

  test('begins a chat with Ctrl+Shift+O, ready to write', async () => {
    await page.keyboard.press('Control+Shift+O')
    await expect.poll(() => page.getByRole('article').count()).toBe(0)
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
  })

  test('is one stop for Tab, and the arrows go through it', async () => {
    await page.keyboard.press('Control+k')
    await expect.poll(hasFocus(chatList(page).getByRole('searchbox'))).toBe(true)
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(row(EXAMPLE))).toBe(true)
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(row(first))).toBe(true)
    await page.keyboard.press('End')
    await expect.poll(hasFocus(row('What is 7 * 3? (1)'))).toBe(true)
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    await expect.poll(hasFocus(actions(first))).toBe(true)
    await page.keyboard.press('Tab')
    await expect.poll(hasFocus(chatList(page).getByText('Import and export'))).toBe(true)
  })

  test('opens the menu of a chat, which arrows go through and Escape closes', async () => {
    await pressAt(actions(first), 'Enter', { backwards: true })
    const item = (name: string) => menu().getByRole('menuitem', { name })
    await expect.poll(hasFocus(item('Rename'))).toBe(true)
    await page.keyboard.press('ArrowUp')
    await expect.poll(hasFocus(item('Delete'))).toBe(true)
    await page.keyboard.press('ArrowDown')
    await expect.poll(hasFocus(item('Rename'))).toBe(true)
    await page.keyboard.press('Escape')
    await expect.poll(() => menu().isVisible()).toBe(false)
    await expect.poll(hasFocus(actions(first))).toBe(true)
  })

  test('renames a chat from its menu', async () => {
    await page.keyboard.press('Enter')
    await expect.poll(hasFocus(menu().getByRole('menuitem', { name: 'Rename' }))).toBe(true)
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
    await page.keyboard.press('Tab')
    await expect.poll(hasFocus(actions('Nine'))).toBe(true)
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    expect(download.suggestedFilename()).toBe('Nine.md')
    await expect.poll(hasFocus(actions('Nine'))).toBe(true)
  })

  test('deletes a chat, goes to its neighbour, and brings it back with Ctrl+Z', async () => {
    await page.keyboard.press('Shift+Tab')
    await expect.poll(hasFocus(row('Nine'))).toBe(true)
    await page.keyboard.press('Delete')
    await expect.poll(() => row('Nine').count()).toBe(0)
    await expect.poll(hasFocus(chatList(page).locator('.chat-link').first())).toBe(true)
    await page.keyboard.press('Control+z')
    await expect.poll(hasFocus(row('Nine'))).toBe(true)
  })

  test('brings a deleted chat back with the button', async () => {
    await page.keyboard.press('Delete')
    await expect.poll(() => row('Nine').count()).toBe(0)
    await pressAt(chatList(page).getByRole('button', { name: 'Undo' }))
    await expect.poll(hasFocus(row('Nine'))).toBe(true)
  })

  test('opens a chat with Enter', async () => {
    await tabTo(page, row('Nine'))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.user-text').textContent()).not.toBe(null)
    expect(await nowhere()).toBe(false)
  })

  test('is searched with Ctrl+K, and a hit opens with Enter', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('"not 25"')
    await chatList(page).getByText('1 chat found').waitFor()
    await page.keyboard.press('ArrowDown')
    const hit = chatList(page).getByRole('link', { name: second })
    await expect.poll(hasFocus(hit)).toBe(true)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.user-text').textContent()).toBe(second)
    expect(await nowhere()).toBe(false)
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    await expect.poll(() => chatList(page).locator('.chat-link').count()).toBe(4)
    await expect.poll(hasFocus(chatList(page).getByRole('searchbox'))).toBe(true)
  })

  test('offers import and export, and asks before it deletes all', async () => {
    const heading = chatList(page).getByText('Import and export')
    await pressAt(heading)
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      pressAt(chatList(page).getByRole('button', { name: 'Import chats' }), 'Space'),
    ])
    await chooser.setFiles({ name: 'diary.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear diary') })
    await chatList(page).getByText('The file cannot be imported').waitFor()
    expect(await nowhere()).toBe(false)
    await pressAt(chatList(page).getByRole('button', { name: 'Dismiss' }), 'Enter', { backwards: true })
    await expect.poll(() => chatList(page).getByText('The file cannot be imported').count()).toBe(0)
    await expect.poll(hasFocus(heading)).toBe(true)

    const all = chatList(page).getByRole('button', { name: 'Export all chats' })
    const [download] = await Promise.all([page.waitForEvent('download'), pressAt(all)])
    expect(download.suggestedFilename()).toMatch(/\.json$/)
    await expect.poll(hasFocus(all)).toBe(true)

    const deleteAll = chatList(page).getByRole('button', { name: 'Delete all chats' })
    await pressAt(deleteAll)
    const question = page.getByRole('dialog', { name: 'Delete all 4 chats?' })
    await expect.poll(hasFocus(question.getByRole('button', { name: 'Cancel' }))).toBe(true)
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(deleteAll)).toBe(true)
    await page.keyboard.press('Enter')
    await pressAt(question.getByRole('button', { name: 'Delete 4 chats' }))
    await expect.poll(() => chatList(page).locator('.chat-link').count()).toBe(0)
    await expect.poll(hasFocus(heading)).toBe(true)
  })
})

describe('settings', () => {
  const opener = () => page.getByRole('button', { name: 'Settings' })
  const dialog = () => page.getByRole('dialog', { name: 'Settings' })

  test('open with Enter, are changed with arrows, and close with Escape', async () => {
    await pressAt(opener())
    await dialog().waitFor()
    await expect.poll(() => dialog().evaluate((element) => element.contains(document.activeElement))).toBe(true)
    await tabTo(page, dialog().getByRole('radio', { name: 'Standard' }))
    await page.keyboard.press('ArrowRight')
    await expect.poll(hasFocus(dialog().getByRole('radio', { name: 'Advanced' }))).toBe(true)
    expect(await dialog().getByRole('radio', { name: 'Advanced' }).isChecked()).toBe(true)
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'hidden' })
    await expect.poll(hasFocus(opener())).toBe(true)
  })

  test('keep the keyboard inside as long as they are open, and close with Done', async () => {
    await page.keyboard.press('Enter')
    await dialog().waitFor()
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
})

describe('the models', () => {
  test('open with Enter on their link, and lead back to the message field', async () => {
    await pressAt(page.getByRole('link', { name: 'Models', exact: true }), 'Enter', { backwards: true })
    await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
    expect(await nowhere()).toBe(false)
    await pressAt(page.getByRole('button', { name: 'Back to the chat' }))
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
  })

  test('are reached from the settings', async () => {
    await pressAt(page.getByRole('button', { name: 'Settings' }), 'Enter', { backwards: true })
    await pressAt(page.getByRole('dialog').getByRole('button', { name: 'Choose a model' }))
    await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
    expect(await nowhere()).toBe(false)
  })

  test('are reached from what is said of a model that cannot run', async () => {
    const other = await site.open(profile, { gpu: 'small' })
    const link = other.getByRole('link', { name: 'Other models' })
    await tabTo(other, link, { backwards: true })
    await other.keyboard.press('Enter')
    const heading = other.getByRole('heading', { name: 'Models', exact: true })
    await expect.poll(hasFocus(heading)).toBe(true)
    await other.close()
  })

  test('are left for a new chat with Ctrl+Shift+O', async () => {
    await page.keyboard.press('Control+Shift+O')
    await expect.poll(hasFocus(composerOf(page))).toBe(true)
    expect(new URL(page.url()).hash).not.toBe('#/models')
  })
})

test('on a phone, the drawer takes the focus and gives it back', async () => {
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
  expect(await nowhere()).toBe(false)
})

/** Whether nothing has the focus. */
function nowhere(): Promise<boolean> {
  return page.evaluate(() => document.activeElement === null || document.activeElement === document.body)
}
