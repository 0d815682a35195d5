import { atom } from 'nanostores'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import '../../src/ui/app/app-page.css'
import { importChats } from '../../src/core/chat/import-chats.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import { parseRoute } from '../../src/state/route.ts'
import { mountChatList } from '../../src/ui/chats/chat-list.ts'
import type { FetchPart } from '../../src/ui/parts/fetch-part.ts'
import { ENGLISH } from '../fakes/english.ts'
import { loadLocale, type Locale } from '../../src/ui/words/locales.ts'
import { button, catchDownloads, faults, find, textOf, until } from './support/elements.ts'
import { chat, createMemoryLibrary, failing, THREE, type MemoryLibrarySetting } from './support/memory-library.ts'

let life = new AbortController()
afterEach(() => {
  life.abort()
  document.body.replaceChildren()
  vi.restoreAllMocks()
})

interface Setting extends MemoryLibrarySetting {
  readonly starts?: boolean
}

/** The list over a store in memory, with a router as small as can be. */
async function open({ starts = true, ...setting }: Setting = {}) {
  life = new AbortController()
  const { store, session, library } = await createMemoryLibrary(setting)
  const locale = atom<Locale>(ENGLISH)
  const root = document.createElement('div')
  root.style.height = '600px'
  root.style.width = '280px'
  document.body.append(root)
  let chosen = 0
  const fetchPart: FetchPart = (part) => part
  const parts = { library, session, locale, onChosen: () => (chosen += 1), onBegun: () => undefined, fetchPart }
  const handle = mountChatList(root, parts, { signal: life.signal })
  const follow = () => {
    const route = parseRoute(location.hash)
    if (route.page === 'chat' && route.chatId !== undefined) void library.open(route.chatId)
  }
  window.addEventListener('hashchange', follow, { signal: life.signal })
  if (starts) {
    await library.start()
    await until(() => links(root).length === library.list.get().chats.length)
  }
  return { root, session, library, store, locale, handle, chosen: () => chosen }
}

/** Resolves when what has changed by now is on the page. */
function drawn(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
}

/** Does something only after other things had their turn. */
async function later<Value>(work: () => Promise<Value>): Promise<Value> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  return work()
}

const links = (root: HTMLElement) => [...root.querySelectorAll<HTMLAnchorElement>('.chat-link')]
const titles = (root: HTMLElement) => links(root).map(textOf)

function linkTo(root: HTMLElement, title: string): HTMLAnchorElement {
  const link = links(root).find((one) => textOf(one) === title)
  if (link === undefined) throw new Error(`no link to ${title} among ${titles(root).join(', ')}`)
  return link
}

const isFocused = (element: Element | null) => element !== null && document.activeElement === element

async function openMenu(root: HTMLElement, title: string): Promise<HTMLElement> {
  button(root, `Actions for “${title}”`).click()
  await until(() => root.querySelector('.menu:popover-open') !== null)
  return find(root, '.menu')
}

async function search(root: HTMLElement, query: string): Promise<void> {
  const field = find<HTMLInputElement>(root, 'input[type=search]')
  await userEvent.fill(field, query)
  await until(() => query === '' || textOf(root.querySelector('.search-news')) !== '')
}

describe('the list', () => {
  test('has the last updated first, each with a link of its own, and marks the one that is shown', async () => {
    const { root, library } = await open()
    expect(titles(root)).toEqual(['What is 47 * 38?', 'Sort three numbers', 'Which is larger, 9.9 or 9.11?'])
    expect([...root.querySelectorAll('h2')].map(textOf)).toEqual(['Today'])
    const id = THREE[1]?.id ?? ''
    expect(linkTo(root, 'Sort three numbers').getAttribute('href')).toBe(`#/chat/${id}`)
    expect(root.querySelector('.chat-link[aria-current]')).toBeNull()
    await library.open(id)
    await until(() => root.querySelector('.chat-link[aria-current]') !== null)
    expect(textOf(root.querySelector('[aria-current]'))).toBe('Sort three numbers')
    expect(await faults(root)).toEqual([])
  })

  test('opens a chat by its address, without loading the page again, and says so', async () => {
    const { root, session, chosen } = await open()
    Object.assign(globalThis, { isSamePage: true })
    await userEvent.click(linkTo(root, 'Sort three numbers'))
    await until(() => session.conversation.get().id === THREE[1]?.id)
    expect(location.hash).toBe(`#/chat/${THREE[1]?.id}`)
    expect('isSamePage' in globalThis).toBe(true)
    expect(chosen()).toBe(1)
  })

  test('begins a new chat', async () => {
    const { root, session, library, chosen } = await open()
    await library.open(THREE[0]?.id ?? '')
    await userEvent.click(button(root, 'New chat'))
    expect(session.conversation.get().nodes).toEqual([])
    expect(parseRoute(location.hash)).toEqual({ page: 'chat' })
    expect(chosen()).toBe(1)
  })

  test('takes one stop of Tab, and arrows lead from chat to chat', async () => {
    const { root } = await open()
    expect(links(root).map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1])
    links(root)[0]?.focus()
    await userEvent.keyboard('{ArrowDown}')
    expect(isFocused(links(root)[1] ?? null)).toBe(true)
    await until(() => links(root)[1]?.tabIndex === 0)
    expect(links(root).map(({ tabIndex }) => tabIndex)).toEqual([-1, 0, -1])
    await userEvent.keyboard('{End}')
    expect(isFocused(links(root)[2] ?? null)).toBe(true)
    await userEvent.keyboard('{Home}{ArrowUp}')
    expect(isFocused(links(root)[0] ?? null)).toBe(true)
  })

  test('shows titles as text', async () => {
    const { root } = await open({ chats: [chat('<img src=x onerror="document.title=1">')] })
    expect(titles(root)).toEqual(['<img src=x onerror="document.title=1">'])
    expect(root.querySelector('img')).toBeNull()
  })

  test('says when it reads, when it is empty and when storage failed', async () => {
    const reading = await open({ chats: [], starts: false })
    expect(textOf(reading.root.querySelector('.chats-note'))).toBe('Reading your chats…')
    await reading.library.start()
    await until(() => textOf(reading.root.querySelector('.chats-note')).startsWith('No chats yet.'))
    life.abort()
    const error = new ReflectionError('storage-unreadable', 'There is no storage.')
    const failed = await open({ chats: [], store: (store) => ({ ...store, list: () => Promise.reject(error) }) })
    await until(() => textOf(failed.root.querySelector('.chats-note')).startsWith('Storage'))
    expect([...failed.root.querySelectorAll('.chats-note')].map(textOf)).toEqual([
      'Storage failed, so chats may be missing here.',
    ])
  })

  test('changes its language where it stands', async () => {
    const { root, locale } = await open()
    locale.set(await loadLocale('zh-CN'))
    await until(() => textOf(root.querySelector('h2')) === '今天')
    expect(textOf(root.querySelector('.begin'))).toBe('新对话')
    expect(await faults(root)).toEqual([])
  })

  test('is gone, with all it listened to, when its life ends', async () => {
    const { root, library } = await open()
    life.abort()
    expect(root.childElementCount).toBe(0)
    await library.delete(THREE[0]?.id ?? '')
    await userEvent.keyboard('{Control>}z{/Control}')
    expect(library.list.get().chats).toHaveLength(2)
  })
})

describe('the menu of a chat', () => {
  test('opens with the focus in it, is walked by arrows, and Escape leads back', async () => {
    const { root } = await open()
    const opener = button(root, 'Actions for “Sort three numbers”')
    opener.focus()
    await userEvent.keyboard('{Enter}')
    expect(opener.getAttribute('aria-expanded')).toBe('true')
    const menu = find(root, '.menu')
    expect([...menu.children].map(textOf)).toEqual(['Rename', 'Export as Markdown', 'Export as JSON', 'Delete'])
    expect(await faults(root)).toEqual([])
    await userEvent.keyboard('{ArrowUp}')
    expect(isFocused(button(menu, 'Delete'))).toBe(true)
    await userEvent.keyboard('{ArrowDown}{ArrowDown}')
    expect(isFocused(button(menu, 'Export as Markdown'))).toBe(true)
    await userEvent.keyboard('{Escape}')
    expect(isFocused(opener)).toBe(true)
    await until(() => opener.getAttribute('aria-expanded') === 'false')
  })

  test('closes when its button is pressed again, and moves when another one is', async () => {
    const { root } = await open()
    const one = button(root, 'Actions for “Sort three numbers”')
    const other = button(root, 'Actions for “What is 47 * 38?”')
    const isOpen = () => find(root, '.menu').matches(':popover-open')
    await userEvent.click(one)
    expect(isOpen()).toBe(true)
    await userEvent.click(one)
    expect(isOpen()).toBe(false)
    await userEvent.click(one)
    await userEvent.click(other) // above it, where the menu does not cover it
    expect(isOpen()).toBe(true)
    expect(find(root, '.menu').getAttribute('aria-label')).toBe('Actions for “What is 47 * 38?”')
    expect([one, other].map((opener) => opener.getAttribute('aria-expanded'))).toEqual(['false', 'true'])
  })

  test('saves a chat as JSON that can be imported', async () => {
    const { root } = await open()
    const downloads = catchDownloads(life.signal)
    button(await openMenu(root, 'What is 47 * 38?'), 'Export as JSON').click()
    await until(() => downloads.length === 1)
    expect(downloads[0]?.name).toBe('What is 47 38.json')
    const text = (await downloads[0]?.text()) ?? ''
    const { conversations } = importChats(text, { now: 0, newId: () => 'new', isKnown: () => false })
    expect(conversations.map(({ id }) => id)).toEqual([THREE[2]?.id])
  })

  test('saves a chat as Markdown with its thinking', async () => {
    const { root } = await open()
    const downloads = catchDownloads(life.signal)
    button(await openMenu(root, 'Sort three numbers'), 'Export as Markdown').click()
    await until(() => downloads.length === 1)
    expect(downloads[0]?.name).toBe('Sort three numbers.md')
    const text = (await downloads[0]?.text()) ?? ''
    expect(text).toMatch(/^# Sort three numbers\n/)
    expect(text).toContain('> I find the smallest.')
    expect(text).toContain('Here: **one**, two, three.')
  })
})

describe('a name', () => {
  async function beginRename(root: HTMLElement): Promise<HTMLInputElement> {
    button(await openMenu(root, 'Sort three numbers'), 'Rename').click()
    await until(() => isFocused(root.querySelector('.chat-name')))
    return find(root, '.chat-name')
  }

  test('is typed in place and saved with Enter; the focus stays with the chat', async () => {
    const { root, store } = await open()
    const field = await beginRename(root)
    expect(field.value).toBe('Sort three numbers')
    expect(await faults(root)).toEqual([])
    await userEvent.keyboard('<b>Sorting</b>{Enter}')
    await until(() => titles(root)[0] === '<b>Sorting</b>')
    await until(() => isFocused(linkTo(root, '<b>Sorting</b>')))
    expect((await store.get(THREE[1]?.id ?? ''))?.title).toBe('<b>Sorting</b>')
  })

  test('is as it was after Escape', async () => {
    const { root, store } = await open()
    await beginRename(root)
    await userEvent.keyboard('Something else{Escape}')
    await until(() => isFocused(root.querySelector(`[data-chat-id="${THREE[1]?.id}"] a`)))
    expect(titles(root)[1]).toBe('Sort three numbers')
    expect((await store.get(THREE[1]?.id ?? ''))?.title).toBeUndefined()
  })

  test('is saved when the focus goes elsewhere, which keeps it', async () => {
    const { root } = await open()
    await beginRename(root)
    await userEvent.keyboard('Elsewhere')
    find(root, 'input[type=search]').focus()
    await until(() => titles(root)[0] === 'Elsewhere')
    expect(isFocused(root.querySelector('input[type=search]'))).toBe(true)
  })

  test('is not ended by the Enter that ends a composition', async () => {
    const { root } = await open()
    const field = await beginRename(root)
    const enter = { key: 'Enter', bubbles: true, cancelable: true }
    field.dispatchEvent(new KeyboardEvent('keydown', { ...enter, isComposing: true }))
    field.dispatchEvent(new KeyboardEvent('keydown', { ...enter, keyCode: 229 }))
    await drawn()
    expect(root.querySelector('.chat-name')).toBe(field)
  })

  test('stays in its place, with what was typed, when another page changes the chats meanwhile', async () => {
    const { root, library } = await open()
    const { id = '' } = THREE[1] ?? {}
    const field = await beginRename(root)
    await userEvent.keyboard('Half a na')
    await library.rename(id, 'By another page')
    await until(() => library.list.get().chats[0]?.id === id)
    await drawn()
    expect(isFocused(field)).toBe(true)
    await userEvent.keyboard('me{Enter}')
    await until(() => titles(root)[0] === 'Half a name')
    await until(() => isFocused(linkTo(root, 'Half a name')))
  })

  test('is saved, and the focus stays where the user went meanwhile', async () => {
    const { root, store } = await open({
      store: (inner) => ({ ...inner, save: (saved) => later(() => inner.save(saved)) }),
    })
    await beginRename(root)
    await userEvent.keyboard('Elsewhere{Enter}')
    find(root, 'input[type=search]').focus()
    await until(() => titles(root)[0] === 'Elsewhere')
    await drawn()
    expect((await store.get(THREE[1]?.id ?? ''))?.title).toBe('Elsewhere')
    expect(isFocused(root.querySelector('input[type=search]'))).toBe(true)
  })

  test('begins with F2', async () => {
    const { root } = await open()
    links(root)[1]?.focus()
    await userEvent.keyboard('{F2}')
    await until(() => isFocused(root.querySelector('.chat-name')))
    expect(find<HTMLInputElement>(root, '.chat-name').value).toBe('Sort three numbers')
  })
})

describe('a deleted chat', () => {
  const undoBar = (root: HTMLElement) => find(root, '.undo')
  const isOffered = (root: HTMLElement) => undoBar(root).classList.contains('offered')

  test('goes at once, the focus goes to the next one, and the bar says it', async () => {
    const { root, library } = await open()
    linkTo(root, 'Sort three numbers').focus()
    await userEvent.keyboard('{Delete}')
    await until(() => titles(root).length === 2 && isOffered(root))
    expect(textOf(find(undoBar(root), '[role=status]'))).toBe('“Sort three numbers” was deleted.')
    expect(isFocused(linkTo(root, 'Which is larger, 9.9 or 9.11?'))).toBe(true)
    expect(await faults(root)).toEqual([])
    await userEvent.keyboard('{Delete}')
    await until(() => titles(root).length === 1)
    await until(() => isFocused(linkTo(root, 'What is 47 * 38?')))
    await userEvent.keyboard('{Delete}')
    await until(() => titles(root).length === 0)
    expect(isFocused(root.querySelector('.begin'))).toBe(true)
    expect(library.list.get().chats).toEqual([])
  })

  test('with a long name is told in whole sentences, and its name is cut', async () => {
    const { root, library } = await open()
    const { chats } = library.list.get()
    await library.rename(chats[0]?.id ?? '', 'Sort 42, 7, 19, 88, 3 in ascending 😀😀 order, please. '.repeat(4))
    await until(() => links(root)[0]?.textContent?.includes('Sort 42') === true)
    links(root)[0]?.focus()
    await userEvent.keyboard('{Delete}')
    await until(() => isOffered(root))
    const told = find(undoBar(root), '[role=status]')
    expect(textOf(told)).toBe('“Sort 42, 7, 19, 88, 3 in…” was deleted.')
    expect(told.scrollHeight).toBeLessThanOrEqual(told.clientHeight)
  })

  test('is one, however long the key is held', async () => {
    const { root, library } = await open()
    linkTo(root, 'Sort three numbers').focus()
    await userEvent.keyboard('{Delete}')
    await until(() => titles(root).length === 2 && isOffered(root))
    const held = new KeyboardEvent('keydown', { key: 'Delete', repeat: true, bubbles: true, cancelable: true })
    document.activeElement?.dispatchEvent(held)
    await library.flush()
    await drawn()
    expect(titles(root)).toHaveLength(2)
    expect(library.deleted.get()?.title).toBe('Sort three numbers')
  })

  test('comes back with the button, and takes the focus', async () => {
    const { root, store } = await open()
    button(await openMenu(root, 'Sort three numbers'), 'Delete').click()
    await until(() => isOffered(root))
    expect(await store.get(THREE[1]?.id ?? '')).toBeUndefined()
    button(root, 'Undo').click()
    await until(() => titles(root).length === 3 && !isOffered(root))
    await until(() => isFocused(linkTo(root, 'Sort three numbers')))
    expect((await store.get(THREE[1]?.id ?? ''))?.nodes).toEqual(THREE[1]?.nodes)
  })

  test('comes back with Ctrl+Z, but not while a text is edited', async () => {
    const { root } = await open()
    linkTo(root, 'Sort three numbers').focus()
    await userEvent.keyboard('{Delete}')
    await until(() => isOffered(root))
    find(root, 'input[type=search]').focus()
    await userEvent.keyboard('{Control>}z{/Control}')
    expect(titles(root)).toHaveLength(2)
    links(root)[0]?.focus()
    await userEvent.keyboard('{Control>}z{/Control}')
    await until(() => titles(root).length === 3)
  })

  test('can be brought back for ten seconds, and for as long as the bar is pointed at or has the focus', async () => {
    const { root, library } = await open()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const [first, second] = THREE
      await library.delete(first?.id ?? '')
      vi.advanceTimersByTime(9_900)
      expect(library.deleted.get()).toBeDefined()
      vi.advanceTimersByTime(200)
      expect(library.deleted.get()).toBeUndefined()
      await library.delete(second?.id ?? '')
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      button(root, 'Undo').focus()
      vi.advanceTimersByTime(60_000)
      expect(library.deleted.get()).toBeDefined()
      button(root, 'Undo').blur()
      vi.advanceTimersByTime(9_900)
      expect(library.deleted.get()).toBeDefined()
      vi.advanceTimersByTime(200)
      expect(library.deleted.get()).toBeUndefined()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the search', () => {
  const hits = (root: HTMLElement) =>
    [...root.querySelectorAll('.hit')].map((hit) => textOf(hit).replace(textOf(hit.querySelector('.hit-date')), 'DATE'))
  const marks = (root: HTMLElement) => [...root.querySelectorAll('mark')].map(textOf)
  const news = (root: HTMLElement) => textOf(root.querySelector('.search-news'))

  test('shows where the words stand, marks them, and says how many chats have them', async () => {
    const { root } = await open()
    await search(root, 'TENTHS')
    expect(hits(root)).toEqual(['Which is larger, 9.9 or 9.11? Thinking DATE I compare the tenths.'])
    expect(textOf(root.querySelector('.hit-date'))).toMatch(/\d/)
    expect(marks(root)).toEqual(['tenths'])
    expect(news(root)).toBe('1 chat found')
    expect(find(root, '.search-news').getAttribute('role')).toBe('status')
    expect(await faults(root)).toEqual([])
    await search(root, '1786')
    await until(() => hits(root)[0] === 'What is 47 * 38? Answer DATE 1786')
    await search(root, '47')
    await until(() => hits(root)[0] === 'What is 47 * 38? Your message DATE What is 47 * 38?')
    expect(marks(root)).toEqual(['47'])
  })

  test('marks the words in the title where they stand only there', async () => {
    const { root } = await open({ chats: [chat('Hello', '', 'Hi', 'A name of its own')] })
    await search(root, 'name own')
    expect(hits(root)).toEqual(['A name of its own DATE'])
    expect(marks(root)).toEqual(['name', 'own'])
  })

  test('says when no chat has all words', async () => {
    const { root } = await open()
    await search(root, 'tenths giraffe')
    expect(hits(root)).toEqual([])
    expect(news(root)).toBe('No chat has all of these words.')
  })

  test('opens what it found, and keeps the rest in sight', async () => {
    const { root, session, chosen } = await open()
    await search(root, 'tenths')
    await userEvent.keyboard('{ArrowDown}')
    expect(isFocused(root.querySelector('.hit-link'))).toBe(true)
    await userEvent.keyboard('{Enter}')
    await until(() => session.conversation.get().id === THREE[0]?.id)
    expect(chosen()).toBe(1)
    expect(hits(root)).toHaveLength(1)
    await userEvent.keyboard('{ArrowUp}')
    expect(isFocused(root.querySelector('input[type=search]'))).toBe(true)
  })

  test('is cleared by Escape, which goes no further', async () => {
    const { root, handle } = await open()
    handle.focusSearch()
    const field = find<HTMLInputElement>(root, 'input[type=search]')
    expect(isFocused(field)).toBe(true)
    await search(root, 'tenths')
    const keys: boolean[] = []
    root.addEventListener('keydown', ({ defaultPrevented }) => keys.push(defaultPrevented))
    await userEvent.keyboard('{Escape}')
    await until(() => titles(root).length === 3)
    expect(field.value).toBe('')
    expect(news(root)).toBe('')
    await userEvent.keyboard('{Escape}')
    expect(keys).toEqual([true, false])
  })

  test('shows no chat that was deleted since', async () => {
    const { root, library } = await open()
    await search(root, 'tenths')
    expect(hits(root)).toHaveLength(1)
    await library.delete(THREE[0]?.id ?? '')
    await until(() => hits(root).length === 0)
  })
})

describe('chats as files', () => {
  test('can be dropped on the list', async () => {
    const { root } = await open({ chats: [] })
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([JSON.stringify([{ role: 'user', content: 'Dropped?' }])], 'chat.json'))
    const list = find(root, '.chats-body')
    const hint = find(root, '.chats-drop')
    const fire = (type: string) => {
      const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })
      list.dispatchEvent(event)
      return event.defaultPrevented
    }
    expect(fire('dragover')).toBe(true)
    expect(hint.hidden).toBe(false)
    fire('dragleave')
    expect(hint.hidden).toBe(true)
    expect(fire('drop')).toBe(true)
    await until(() => titles(root)[0] === 'Dropped?')
  })

  test('cannot be written while storage fails, which is said', async () => {
    let fails = false
    const error = new ReflectionError('storage-unreadable', 'The storage is gone.')
    const { root } = await open({
      store: (store) => ({ ...store, all: () => (fails ? failing(error) : store.all()) }),
    })
    const save = async () => button(await openMenu(root, 'Sort three numbers'), 'Export as JSON').click()
    fails = true
    await save()
    await until(() => root.querySelector('.failure-note') !== null)
    expect(textOf(root.querySelector('[role=alert]'))).toContain('The storage is gone.')
    expect(await faults(root)).toEqual([])
    fails = false
    const downloads = catchDownloads(life.signal)
    await save()
    await until(() => downloads.length === 1)
    await until(() => root.querySelector('.failure-note') === null)
  })

  test('leave a dragged text alone', async () => {
    const { root } = await open()
    const dataTransfer = new DataTransfer()
    dataTransfer.setData('text/plain', 'words')
    const event = new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true })
    find(root, '.chats-body').dispatchEvent(event)
    expect([event.defaultPrevented, find(root, '.chats-drop').hidden]).toEqual([false, true])
  })
})

describe('what cannot be read', () => {
  const BROKEN = { version: 1, conversation: { schema: 1, secret: 'kept' } }

  test('is told, can be saved as it is, and deleted after a question', async () => {
    const { root, library } = await open({ broken: BROKEN })
    await until(() => root.querySelector('.unreadable') !== null)
    expect(textOf(root.querySelector('.unreadable p'))).toBe('1 stored chat cannot be read. It was kept.')
    expect(titles(root)).toHaveLength(3)
    expect(await faults(root)).toEqual([])
    const downloads = catchDownloads(life.signal)
    button(root, 'Save a copy').click()
    await until(() => downloads.length === 1)
    const saved: unknown = JSON.parse((await downloads[0]?.text()) ?? '')
    expect(saved).toMatchObject([{ value: BROKEN }])
    button(find(root, '.unreadable'), 'Delete').click()
    await until(() => root.querySelector<HTMLDialogElement>('dialog.question')?.open === true)
    button(find(root, 'dialog'), 'Delete').click()
    await until(() => root.querySelector('.unreadable') === null)
    expect(library.unreadable.get()).toEqual([])
  })
})

test('rows out of sight of 500 chats are not laid out', async () => {
  const chats = Array.from({ length: 500 }, (_, index) => chat(`Question ${index}`))
  const { root } = await open({ chats })
  const rows = [...root.querySelectorAll<HTMLElement>('.chat-row')]
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  const isLaidOut = (row: HTMLElement) =>
    row.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }) === true
  expect(rows).toHaveLength(500)
  expect(rows.slice(0, 3).map(isLaidOut)).toEqual([true, true, true])
  expect(rows.filter(isLaidOut).length).toBeLessThan(150)
  links(root)[0]?.focus()
  await userEvent.keyboard('{End}')
  expect(isFocused(links(root)[499] ?? null)).toBe(true)
})
