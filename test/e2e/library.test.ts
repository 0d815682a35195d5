import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright'
import { describe, expect, onTestFinished, test } from 'vitest'
import { heldReplyStored, ready, useAppSite, type Play } from './support/app-site.ts'
import {
  ask,
  chatList,
  composerOf,
  lastReply,
  newChat,
  openSettings,
  replyEnded,
  withSettings,
} from './support/chat-page.ts'

// What can be done with chats as a whole, over the real store of the browser.
const QUESTION = 'What is 47 * 38?'

const site = useAppSite()

/** The page in a new profile, with its model ready. */
async function open(play: Play = {}, hash = ''): Promise<Page> {
  const page = await site.open(await site.profile(), play, hash)
  await ready(page)
  return page
}

/** Opens the page anew without what its address put into the store. */
async function openAgain(page: Page): Promise<void> {
  await page.goto(page.url().replace(/chats=\d+/, 'chats=0'))
  await page.reload() // the same page with another part after `#` would not load again
  await ready(page)
}

function links(page: Page): Locator {
  return chatList(page).locator('a.chat-link')
}

async function titles(page: Page): Promise<string[]> {
  const found = await links(page).allTextContents()
  return found.map((title) => title.trim())
}

async function search(page: Page, words: string): Promise<Locator> {
  await chatList(page).getByRole('searchbox').fill(words)
  return chatList(page).locator('.hit-link')
}

async function chooseAction(page: Page, title: string, action: string): Promise<void> {
  await chatList(page)
    .getByRole('button', { name: `Actions for “${title}”` })
    .click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function answerOf(page: Page): Promise<string | undefined> {
  const text = await lastReply(page).locator('.answer').textContent()
  return text?.trim()
}

interface SavedFile {
  readonly name: string
  readonly text: string
}

/** What the browser saves because of an action. */
async function savedBy(page: Page, action: () => Promise<void>): Promise<SavedFile> {
  const [download] = await Promise.all([page.waitForEvent('download'), action()])
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
}

function exportAll(page: Page): Promise<SavedFile> {
  return withSettings(
    page,
    (dialog) => savedBy(page, () => dialog.getByRole('button', { name: 'Export all chats' }).click()),
    'Data',
  )
}

/** Imports files through the button, and gives what the page says of them. */
function importTexts(page: Page, ...texts: readonly string[]): Promise<string> {
  const files = texts.map((text, index) => ({
    name: `file ${index + 1}.json`,
    mimeType: 'application/json',
    buffer: Buffer.from(text),
  }))
  return withSettings(
    page,
    async (dialog) => {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        dialog.getByRole('button', { name: 'Import chats' }).click(),
      ])
      await chooser.setFiles(files)
      const news = dialog.locator('.imports [role=status]')
      await expect.poll(() => news.innerText()).toMatch(/imported/)
      return news.innerText()
    },
    'Data',
  )
}

interface ExportFile {
  readonly format: string
  readonly version: number
  readonly chats: readonly {
    readonly id: string
    readonly messages: readonly {
      readonly role: string
      readonly content: string
      readonly reasoning_content?: string
    }[]
    readonly nodes: readonly Readonly<Record<string, unknown>>[]
  }[]
}

function chatsIn({ text }: SavedFile): ExportFile {
  return JSON.parse(text) as ExportFile
}

describe('a name', () => {
  test('is given to a chat and kept; Escape leaves it as it was', async () => {
    const page = await open({ chats: 3 })
    await chooseAction(page, 'What is 8 * 3? (1)', 'Rename')
    const field = chatList(page).getByRole('textbox', { name: 'Name of the chat' })
    await field.fill('Eight <b>times</b> three')
    await field.press('Enter')
    const named = ['What is 9 * 3? (1)', 'Eight <b>times</b> three', 'What is 7 * 3? (1)']
    await expect.poll(() => titles(page)).toEqual(expect.arrayContaining(named))
    await chooseAction(page, 'What is 9 * 3? (1)', 'Rename')
    await field.fill('Something else')
    await field.press('Escape')
    await openAgain(page)
    await expect.poll(async () => (await titles(page)).toSorted()).toEqual(named.toSorted())
    await links(page).filter({ hasText: 'Eight' }).click()
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('Eight <b>times</b> three')
  })
})

describe('a deleted chat', () => {
  test('comes back whole as long as that is offered', async () => {
    const page = await open({ chats: 3 }, '#/chat/chat-1')
    await lastReply(page).waitFor()
    const before = await exportAll(page)
    await chooseAction(page, 'What is 8 * 3? (1)', 'Delete')
    await expect.poll(() => titles(page)).toEqual(['What is 9 * 3? (1)', 'What is 7 * 3? (1)'])
    await expect.poll(() => chatList(page).innerText()).toContain('“What is 8 * 3? (1)” was deleted.')
    await chatList(page).getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => links(page).count()).toBe(3)
    await openAgain(page)
    const after = await exportAll(page)
    const byId = ({ chats }: ExportFile) => chats.toSorted((one, other) => one.id.localeCompare(other.id))
    expect(byId(chatsIn(after))).toEqual(byId(chatsIn(before)))
  })

  test('is gone for good once it is no longer offered', async () => {
    const page = await open({ chats: 2 })
    await links(page).first().press('Delete')
    const undo = chatList(page).getByRole('button', { name: 'Undo' })
    await undo.waitFor()
    await undo.waitFor({ state: 'detached' })
    await openAgain(page)
    await expect.poll(() => titles(page)).toEqual(['What is 7 * 3? (1)'])
    const hits = await search(page, '"8 times 3"')
    await chatList(page).getByText('No chat has all of these words.').waitFor()
    expect(await hits.count()).toBe(0)
  })
})

describe('a search', () => {
  test.each([
    ['the answer', '9 times', 'Answer'],
    ['the thinking', 'not 28', 'Thinking'],
  ])('finds words of %s and opens their chat', async (_, words, place) => {
    const page = await open({ chats: 12 })
    const hits = await search(page, `"${words}"`)
    await expect.poll(() => chatList(page).locator('.search-news').innerText()).toBe('1 chat found')
    await expect.poll(() => hits.locator('.hit-place').textContent()).toBe(place)
    const marked = await hits.locator('mark').allTextContents()
    expect(marked).toEqual([words])
    await hits.click()
    await expect.poll(() => page.locator('.user-text').textContent()).toBe('What is 9 * 3? (1)')
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('What is 9 * 3? (1)')
  })

  test.each(['click', 'Enter'])('shows the message that it found, and keeps it in sight: by %s', async (by) => {
    const page = await open({ messages: 16 })
    const hits = await search(page, '"What is 7 * 8?"') // near the end, which is followed as it grows
    await hits.first().waitFor()
    await (by === 'click' ? hits.first().click() : hits.first().press('Enter'))
    const found = page.locator('.user-text').filter({ hasText: 'What is 7 * 8?' })
    await found.waitFor()
    const hidden = () =>
      found.evaluate((message) => {
        const { top, bottom } = message.getBoundingClientRect()
        const header = document.querySelector('.header')?.getBoundingClientRect().bottom ?? 0
        const dock = document.querySelector('.dock')?.getBoundingClientRect().top ?? 0
        return Math.max(header - top, bottom - dock, 0)
      })
    await expect.poll(hidden).toBe(0)
    for (const which of ['.message', '.message.last .answer']) {
      await page.evaluate((selector) => {
        const late = document.querySelector<HTMLElement>(selector)
        if (late !== null) late.style.minHeight = '900px'
      }, which)
      await page.waitForTimeout(300)
      expect(await hidden()).toBe(0)
    }
    await page.mouse.move(700, 400)
    if (by === 'click') await page.mouse.wheel(0, 5000)
    else await page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' })) // as a screen reader does
    await expect.poll(hidden).toBeGreaterThan(0)
    await page.waitForTimeout(300)
    expect(await hidden()).toBeGreaterThan(0)
  })

  test('finds words of a message, whatever the chat is called, and of a name', async () => {
    const page = await open({ chats: 12 })
    await chooseAction(page, 'What is 9 * 3? (1)', 'Rename')
    await chatList(page).getByRole('textbox', { name: 'Name of the chat' }).fill('Größe')
    await page.keyboard.press('Enter')
    await expect.poll(() => titles(page)).toContain('Größe')
    const hits = await search(page, 'what 9 *')
    await expect.poll(() => hits.locator('.hit-title').allTextContents()).toContain('Größe')
    const hit = hits.filter({ hasText: 'Größe' })
    await expect.poll(() => hit.locator('.hit-place').textContent()).toBe('Your message')
    await search(page, 'GROßE')
    await expect.poll(() => hits.locator('mark').allTextContents()).toEqual(['Größe'])
    await chatList(page).getByRole('searchbox').press('Escape')
    await expect.poll(() => links(page).count()).toBe(12)
  })

  test('finds what was said a moment ago', async () => {
    const page = await open({ play: 'greets', chats: 2 })
    await ask(page, 'Hello!')
    await replyEnded(page)
    const hits = await search(page, 'demonstration puzzles')
    await expect.poll(() => hits.locator('.hit-title').allTextContents()).toEqual(['Hello!'])
  })
})

/** A chat of the real model's replies with two versions of one, the first of which is shown. */
async function openBranched(): Promise<Page> {
  const page = await open({ play: 'corrects,decimals,greets' })
  await ask(page, QUESTION)
  const reply = await replyEnded(page)
  await reply.getByRole('button', { name: 'Regenerate' }).click()
  await lastReply(page).getByText('2/2').waitFor()
  await replyEnded(page)
  await expect.poll(() => lastReply(page).locator('.answer').innerText()).toContain('9.9')
  await page.getByRole('button', { name: 'Previous reply' }).click()
  await expect.poll(() => lastReply(page).locator('.answer').innerText()).toContain('1786')
  return page
}

describe('an export', () => {
  test('of a chat as Markdown is for people: the branch that is shown, its thinking quoted and its checks marked', async () => {
    const page = await openBranched()
    const { name, text } = await savedBy(page, () => chooseAction(page, QUESTION, 'Export as Markdown'))
    expect(name).toBe('What is 47 38.md')
    expect(text).toMatch(/^# What is 47 \\\* 38\?\n/)
    expect(text).toMatch(/\n## You · [^\n]*2\d\d\d[^\n]*\n\nWhat is 47/)
    expect(text).toMatch(/\n## Reply · scripted \(one\) · /)
    expect(text).toMatch(/\n> \*\*Thinking\*\*\n>\n> 47[^]+> > \*\*Check\*\*\n[^]+376, not 388[^]+\n\n1786\n$/)
    expect(text).not.toContain('9.9')
  })

  test('of a chat as JSON keeps all branches, with channels, times, tokens, model and revision', async () => {
    const page = await openBranched()
    const file = await savedBy(page, () => chooseAction(page, QUESTION, 'Export as JSON'))
    expect(file.name).toBe('What is 47 38.json')
    const { format, version, chats } = chatsIn(file)
    expect([format, version, chats.length]).toEqual(['second-thought-chats', 1, 1])
    const [chat] = chats
    expect(chat?.messages).toEqual([
      { role: 'user', content: QUESTION },
      { role: 'assistant', content: '1786', reasoning_content: expect.stringMatching(/<reflection>[^]*not 388/) },
    ])
    expect(chat?.nodes).toHaveLength(3)
    expect(chat?.nodes[1]).toMatchObject({
      role: 'assistant',
      status: 'complete',
      modelId: 'scripted',
      revision: 'one',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      channels: {
        thinking: expect.stringContaining('47*8=388'),
        reflections: [expect.stringContaining('376, not 388'), expect.anything(), expect.anything()],
        output: '1786',
      },
      usage: { tokens: { thinking: expect.any(Number) }, timeToFirstTokenMs: expect.any(Number) },
    })
    expect(chat?.nodes[2]).toMatchObject({ channels: { output: '9.9' } })
  })

  test('of all chats is imported in another profile as the same chats', async () => {
    const page = await openBranched()
    await newChat(page)
    await ask(page, 'Hello!')
    await replyEnded(page)
    await expect.poll(() => links(page).count()).toBe(2)
    const file = await exportAll(page)
    expect(file.name).toMatch(/^second-thought-chats-\d{4}-\d\d-\d\d\.json$/)
    expect(chatsIn(file).chats).toHaveLength(2)

    const other = await open()
    expect(await importTexts(other, file.text)).toContain('2 chats were imported.')
    await expect.poll(async () => (await titles(other)).toSorted()).toEqual(['Hello!', QUESTION])
    await openAgain(other)
    const again = await exportAll(other)
    const byId = ({ chats }: ExportFile) => chats.toSorted((one, next) => one.id.localeCompare(next.id))
    expect(byId(chatsIn(again))).toEqual(byId(chatsIn(file)))
    await links(other).filter({ hasText: QUESTION }).click()
    await expect.poll(() => answerOf(other)).toContain('1786')
    await expect.poll(() => lastReply(other).locator('.branches').innerText()).toContain('1/2')
    await lastReply(other).locator('summary').click()
    await lastReply(other).locator('.check').first().waitFor()

    await importTexts(other, file.text) // once more: they stand beside the first
    await expect.poll(() => links(other).count()).toBe(4)
  })
})

describe('an import', () => {
  test('takes lists of messages as OpenAI writes them, with reasoning apart or in tags', async () => {
    const page = await open()
    const apart = [
      { role: 'system', content: 'Answer in one word.' },
      { role: 'user', content: 'Which way is apart?' },
      { role: 'assistant', content: 'This.', reasoning_content: 'It is in a field of its own.' },
    ]
    const inline = {
      title: 'In tags',
      model: 'some-model',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Which way is inline?' }] },
        { role: 'assistant', content: '<think>\nIt stands in the text.\n</think>\n\nThat.' },
      ],
    }
    const news = await importTexts(page, JSON.stringify(apart), JSON.stringify(inline))
    expect(news.match(/1 chat was imported\./g)).toHaveLength(2)
    await expect.poll(async () => (await titles(page)).toSorted()).toEqual(['In tags', 'Which way is apart?'])

    await links(page).filter({ hasText: 'apart' }).click()
    await expect.poll(() => answerOf(page)).toBe('This.')
    await page.getByText('This chat has its own instructions').click()
    await page.getByText('Answer in one word.').waitFor()
    await lastReply(page).locator('summary').click()
    await expect
      .poll(() => lastReply(page).locator('.timeline').textContent())
      .toContain('It is in a field of its own.')

    await links(page).filter({ hasText: 'In tags' }).click()
    await expect.poll(() => answerOf(page)).toBe('That.')
    await lastReply(page).locator('summary').click()
    await expect.poll(() => lastReply(page).locator('.timeline').textContent()).toContain('It stands in the text.')
  })

  test.each([
    ['that is no JSON', 'Dear diary,', /The file is not JSON, or it was cut off\./],
    ['that is empty', '', /The file is empty\./],
    ['of something else', '{"name": "second-thought", "version": "0.1.0"}', /holds neither chats of this program nor/],
    [
      'of a later version',
      '{"format": "second-thought-chats", "version": 2, "chats": []}',
      /newer version of this program/,
    ],
    [
      'with a broken chat alone',
      '{"format": "second-thought-chats", "version": 1, "chats": [{"id": "x", "nodes": 7}]}',
      /holds no chat that can be read\./,
    ],
  ])('refuses a file %s in words and changes nothing', async (_, text, words) => {
    const page = await open({ chats: 2 }, '#/chat/chat-1')
    await lastReply(page).waitFor()
    const before = await exportAll(page)
    const news = await importTexts(page, text)
    expect(news).toMatch(/The file cannot be imported\s\(file 1\.json\)/)
    expect(news).toMatch(words)
    await expect.poll(() => titles(page)).toEqual(['What is 8 * 3? (1)', 'What is 7 * 3? (1)'])
    await expect.poll(() => page.locator('.user-text').textContent()).toBe('What is 8 * 3? (1)')
    await openAgain(page)
    expect(chatsIn(await exportAll(page)).chats).toEqual(chatsIn(before).chats)
  })

  test('says what of a file it left out', async () => {
    const page = await open()
    const chats = [[{ role: 'user', content: 'Hello' }], [{ role: 'tool', content: 'no chat' }]]
    const news = await importTexts(page, JSON.stringify(chats))
    expect(news).toMatch(/1 chat was imported\.\s+Chat 2 was skipped: It has no message of a user or a model\./)
    await expect.poll(() => titles(page)).toEqual(['Hello'])
  })

  test('of tens of megabytes says how far it is and lets one write meanwhile; ended, it leaves what it says, and the next one is whole', async () => {
    const file = writeLargeFile()
    const page = await open()
    const dialog = await openSettings(page, 'Data')
    const news = page.locator('dialog .imports [role=status]')
    const choose = async () => {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        dialog.getByRole('button', { name: 'Import chats' }).click(),
      ])
      await chooser.setFiles(file)
    }

    // It is ended in the page itself, as nobody else is sure to be there in time: before anything is stored, and after.
    const [atOnce] = await Promise.all([page.evaluate(endImport, 0), choose()])
    expect(atOnce).toBe(undefined)
    await expect.poll(() => news.textContent()).toContain('The import was ended; 0 chats were imported by then.')
    expect(await links(page).count()).toBe(0)
    const [later] = await Promise.all([page.evaluate(endImport, 1), choose()])
    expect(later).toMatch(/^\d+ of 600 chats$/)
    const ended = /^The import was ended; (\d+) chats? (?:was|were) imported by then\.$/
    await expect.poll(async () => (await news.textContent())?.trim()).toMatch(ended)
    const stored = Number(ended.exec((await news.textContent())?.trim() ?? '')?.[1])
    expect(stored).toBeGreaterThan(0)
    expect(stored).toBeLessThan(600)
    await dialog.getByText(`${stored} chats are on this device.`).waitFor()

    await page.evaluate(noteProgressAtInput)
    await choose()
    await page.keyboard.press('Escape')
    await composerOf(page).focus()
    const { hash } = new URL(page.url())
    const writeAndLook = async () => {
      await page.keyboard.press('x')
      return news.textContent()
    }
    await expect.poll(writeAndLook, { timeout: 120_000, interval: 10 }).toContain('600 chats were imported.')
    const noted = (await page.evaluate('progressAtInput')) as number[]
    expect(noted.filter((count) => count > 0 && count < 600)).not.toEqual([])
    expect((await news.textContent())?.trim()).toBe('600 chats were imported.') // nothing was left out
    await expect.poll(() => answerOf(page)).toMatch(/^0\.9 Words/)
    expect(new URL(page.url()).hash).toBe(hash) // as the import before showed it: nothing takes its place while one writes

    await openAgain(page)
    const all = (stored + 600).toLocaleString('en')
    await (await openSettings(page, 'Data')).getByText(`${all} chats are on this device.`).waitFor()
  })
})

/** A file of 600 chats, 30 MB, which is gone after the test. */
function writeLargeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const words = 'Words that fill a message of this chat. '.repeat(125)
  const chats = Array.from({ length: 600 }, (_, chat) =>
    Array.from({ length: 10 }, (_each, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `${chat}.${index} ${words}`,
    })),
  )
  const file = join(folder, 'large.json')
  writeFileSync(file, JSON.stringify(chats))
  return file
}

/** Runs in the page: ends the import of the settings once so many of its chats are stored. @returns What it said of that by then. */
function endImport(count: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const look = () => {
      const imports = document.querySelector('dialog .imports')
      const end = [...(imports?.querySelectorAll('button') ?? [])].find((button) => button.textContent === 'Cancel')
      const progress = imports?.querySelector('progress')
      if (end === undefined || (progress?.value ?? 0) < count) return
      observer.disconnect()
      const said = progress?.previousElementSibling?.textContent ?? undefined
      end.click()
      resolve(said)
    }
    const observer = new MutationObserver(look)
    observer.observe(document.body, { childList: true, subtree: true, attributes: true })
  })
}

/** Runs in the page: notes how many chats an import has stored whenever something is typed while it is at work. */
function noteProgressAtInput(): void {
  const progressAtInput: number[] = []
  Object.assign(globalThis, { progressAtInput })
  document.addEventListener('input', () => {
    const progress = document.querySelector<HTMLProgressElement>('dialog .imports progress')
    if (progress !== null) progressAtInput.push(progress.value)
  })
}

describe('what is stored and cannot be read', () => {
  const TORN = { schema: 1, version: 3, conversation: { schema: 1, id: 'torn', nodes: 'none' } }

  test('is put aside, told, and can be saved as a file; the other chats are there', async () => {
    const page = await open({ chats: 2 })
    await page.evaluate(putRecord, ['second-thought-chats', 'chat:torn', TORN] as const)
    await openAgain(page)
    await chatList(page).getByText('1 stored chat cannot be read. It was kept.').waitFor()
    await expect.poll(() => titles(page)).toEqual(['What is 8 * 3? (1)', 'What is 7 * 3? (1)'])
    const line = chatList(page).locator('.unreadable')
    const file = await savedBy(page, () => line.getByRole('button', { name: 'Save a copy' }).click())
    expect(file.name).toMatch(/^second-thought-unreadable-\d{4}-\d\d-\d\d\.json$/)
    expect(JSON.parse(file.text)).toEqual([
      {
        key: expect.stringContaining('chat:torn'),
        foundAt: expect.any(String),
        reason: expect.any(String),
        value: TORN,
      },
    ])

    await openAgain(page) // it is still there
    await line.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await line.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await line.waitFor({ state: 'detached' })
    await expect.poll(() => titles(page)).toEqual(['What is 8 * 3? (1)', 'What is 7 * 3? (1)'])
  })

  test('of the settings is replaced by the defaults, which is told', async () => {
    const page = await open()
    await page.evaluate(putRecord, ['second-thought-settings', 'preferences', { thinking: 7 }] as const)
    await openAgain(page)
    await page.getByText('Some settings could not be read and are back at their defaults.').waitFor()
    await withSettings(page, async (dialog) => {
      await expect.poll(() => dialog.getByRole('radio', { name: 'Standard' }).isChecked()).toBe(true)
    })
  })
})

// Counts are stored where channels begin and end, not as a reply grows: those of the part after the last such place are lost.
test('a reply that was cut off counts the tokens that it has', async () => {
  const page = await open({ play: 'greets', hold: 40 })
  await withSettings(page, (dialog) => dialog.getByRole('radio', { name: 'Advanced' }).check()) // shows the counts
  await ask(page, 'Hello!')
  const reply = () => lastReply(page).innerText()
  await expect.poll(reply).toMatch(/Tokens: [34]\d answer/)
  await heldReplyStored(page)
  await page.reload()
  await lastReply(page).getByRole('button', { name: 'Continue' }).waitFor()
  await expect.poll(reply).toMatch(/Tokens: [34]\d answer/)
})

test('500 chats are all in the list, and the oldest opens', async () => {
  const page = await open({ chats: 500 })
  await expect.poll(() => links(page).count()).toBe(500)
  await links(page).last().click()
  await expect.poll(() => page.locator('.user-text').textContent()).toBe('What is 7 * 3? (1)')
  await openAgain(page)
  await expect.poll(() => page.locator('.user-text').textContent()).toBe('What is 7 * 3? (1)')
  const hits = await search(page, '"506 times 3"')
  await expect.poll(() => hits.count()).toBe(1)
})

/** Runs in the page: writes into one of its databases behind its back. */
function putRecord([database, key, value]: readonly [string, string, unknown]): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(database)
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const writing = opening.result.transaction('records', 'readwrite')
      writing.objectStore('records').put(value, key)
      writing.addEventListener('complete', () => {
        opening.result.close()
        resolve()
      })
    })
  })
}
