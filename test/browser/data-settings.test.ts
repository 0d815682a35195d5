import { atom } from 'nanostores'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import '../../src/ui/app/app-page.css'
import { ReflectionError } from '../../src/core/errors.ts'
import { LARGEST_IMPORT_BYTES } from '../../src/state/import-files.ts'
import { askQuestion } from '../../src/ui/parts/ask-question.ts'
import { mountDataSettings } from '../../src/ui/settings/data-settings.ts'
import { ENGLISH } from '../fakes/english.ts'
import type { Locale } from '../../src/ui/words/locales.ts'
import { button, catchDownloads, faults, find, textOf, until } from './support/elements.ts'
import { createMemoryLibrary, failing, THREE, type MemoryLibrarySetting } from './support/memory-library.ts'

let life = new AbortController()
afterEach(() => {
  life.abort()
  document.body.replaceChildren()
  vi.restoreAllMocks()
})

/** What the settings show of the data, over a store in memory. */
async function open(setting: MemoryLibrarySetting = {}) {
  life = new AbortController()
  const { signal } = life
  const { store, session, library } = await createMemoryLibrary(setting)
  const data = document.createElement('main')
  const section = document.createElement('div')
  const dialogs = document.createElement('div')
  data.append(section, dialogs)
  document.body.append(data)
  let toModels = 0
  const { count } = mountDataSettings(
    section,
    {
      library,
      session,
      locale: atom<Locale>(ENGLISH),
      ask: (question) => askQuestion(dialogs, question, { signal }),
      fetchPart: (part) => part,
      onModels: () => (toModels += 1),
    },
    { signal },
  )
  await library.start()
  const titles = () => library.list.get().chats.map(({ title }) => title)
  await until(() => titles().length === 0 || data.querySelector('#data-delete-all') !== null)
  return { data, session, library, store, count, titles, toModels: () => toModels }
}

describe('chats as files', () => {
  const news = (data: HTMLElement) => textOf(data.querySelector('.imports [role=status]'))

  function choose(data: HTMLElement, ...files: File[]): void {
    const transfer = new DataTransfer()
    for (const file of files) transfer.items.add(file)
    const field = find<HTMLInputElement>(data, 'input[type=file]')
    field.files = transfer.files
    field.dispatchEvent(new Event('change'))
  }

  test('are all exported in one file, which brings them back on a device without them', async () => {
    const { data, library } = await open()
    const before = library.list.get().chats
    expect(before.map(({ id }) => id)).toEqual(THREE.map(({ id }) => id).toReversed()) // the last updated first
    expect(await faults(data)).toEqual([])
    const downloads = catchDownloads(life.signal)
    button(data, 'Export all chats').click()
    await until(() => downloads.length === 1)
    expect(downloads[0]?.name).toMatch(/^second-thought-chats-\d{4}-\d\d-\d\d\.json$/)
    const text = (await downloads[0]?.text()) ?? ''
    life.abort()
    data.remove()
    const other = await open({ chats: [] })
    choose(other.data, new File([text], 'chats.json'))
    await until(() => other.titles().length === 3)
    await until(() => news(other.data) === '3 chats were imported.')
    const { chats } = other.library.list.get()
    expect(chats).toEqual(before) // in the same order, with the same times
    expect(await other.store.list()).toEqual(before)
    expect(await faults(other.data)).toEqual([])
    button(other.data, 'Dismiss').click()
    await until(() => news(other.data) === '')
  })

  test('of a file that says nothing of times come in its order, and the first of them is shown', async () => {
    const { data, session, titles } = await open()
    const lists = ['One?', 'Two?', 'Three?'].map((content) => [{ role: 'user', content }])
    choose(data, new File([JSON.stringify(lists)], 'lists.json'))
    await until(() => news(data) === '3 chats were imported.')
    expect(titles().slice(0, 3)).toEqual(['One?', 'Two?', 'Three?'])
    await until(() => session.conversation.get().nodes[0]?.content === 'One?')
  })

  test('come in batches, with a number that grows, and can be ended: what was stored by then stays', async () => {
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => (goOn = resolve))
    let saves = 0
    const { data, library } = await open({
      chats: [],
      store: (store) => ({
        ...store,
        async save(conversation) {
          saves += 1
          if (saves > 250) await held
          return store.save(conversation)
        },
      }),
    })
    const lists = Array.from({ length: 1000 }, (_, count) => [{ role: 'user', content: `Question ${count}?` }])
    choose(data, new File([JSON.stringify(lists)], 'many.json'))
    await until(() => data.querySelector('.imports progress') !== null && saves > 250)
    expect(find<HTMLProgressElement>(data, '.imports progress').max).toBe(1000)
    expect(textOf(find(data, '.imports'))).toMatch(/\d+ of 1,000 chats/)
    expect(await faults(data)).toEqual([])
    button(find(data, '.imports'), 'Cancel').click()
    goOn()
    await until(() => news(data).startsWith('The import was ended;'))
    const { length } = library.list.get().chats
    expect(length).toBeGreaterThanOrEqual(250)
    expect(length).toBeLessThan(1000)
    expect(news(data)).toContain(`${length} chats were imported by then`)
  })

  /** A file with a chat. */
  const fileOf = (question: string) => new File([JSON.stringify([{ role: 'user', content: question }])], 'chat.json')

  test('are shown with the first chat that came, after the last of them', async () => {
    const { data, session, titles } = await open({ chats: [] })
    const shown: string[] = []
    const unlisten = session.conversation.listen(({ nodes }) => shown.push(nodes[0]?.content ?? ''))
    life.signal.addEventListener('abort', unlisten)
    choose(data, fileOf('First?'), new File(['none'], 'notes.txt'), fileOf('Second?'))
    await until(() => news(data).startsWith('1 chat was imported.'))
    expect(titles()).toEqual(['Second?', 'First?'])
    await until(() => shown.length > 0)
    expect(shown).toEqual(['First?'])
  })

  test.each(['writes', 'has gone elsewhere', 'sees another chat'])(
    'come into the list alone when the user %s by then',
    async (what) => {
      let goOn: () => void = () => undefined
      const held = new Promise<void>((resolve) => (goOn = resolve))
      let saves = 0
      const { data, session, library, titles } = await open({
        chats: [THREE[0]!],
        store: (store) => ({
          ...store,
          async save(conversation) {
            saves += 1
            if (saves > 1) await held // the first is there before
            return store.save(conversation)
          },
        }),
      })
      await library.open(THREE[0]?.id ?? '')
      const field = document.createElement('textarea')
      field.setAttribute('aria-label', 'Message')
      data.append(field)
      const other = button(data, 'Export all chats')
      if (what === 'writes') field.focus()
      choose(data, fileOf('First?'))
      await until(() => saves > 1)
      if (what === 'writes') await userEvent.keyboard('What')
      else if (what === 'has gone elsewhere') other.focus()
      else library.create()
      const shown = session.conversation.get()
      goOn()
      await until(() => news(data).startsWith('1 chat was imported.'))
      await until(() => button(data, 'Import chats').getAttribute('aria-disabled') === 'false') // it is over
      expect(titles()).toHaveLength(2)
      expect(session.conversation.get()).toBe(shown)
    },
  )

  test('say what was left out and why', async () => {
    const { data, titles } = await open({ chats: [] })
    const lists = [[{ role: 'user', content: 'A question?' }], 'no chat']
    choose(data, new File([JSON.stringify(lists)], 'lists.json'))
    await until(() => news(data).startsWith('1 chat was imported.'))
    expect(news(data)).toContain('Chat 2 was skipped:')
    expect(titles()).toEqual(['A question?'])
  })

  test('that cannot be read change nothing and are named', async () => {
    const { data, titles } = await open()
    choose(data, new File(['nothing of the kind'], 'notes.txt'))
    await until(() => news(data) !== '' && !news(data).startsWith('One moment'))
    expect(news(data)).toContain('(notes.txt)')
    expect(titles()).toHaveLength(3)
  })

  test('that are too large are not read', async () => {
    const { data } = await open()
    const file = new File([new Uint8Array(LARGEST_IMPORT_BYTES + 1)], 'large.json')
    const read = vi.spyOn(file, 'text')
    choose(data, file)
    await until(() => news(data).includes('at most 50 MB'))
    expect(read).not.toHaveBeenCalled()
  })

  test('cannot be written while storage fails, which is said', async () => {
    let fails = false
    const error = new ReflectionError('storage-unreadable', 'The storage is gone.')
    const { data } = await open({
      store: (store) => ({ ...store, all: () => (fails ? failing(error) : store.all()) }),
    })
    fails = true
    button(data, 'Export all chats').click()
    await until(() => data.querySelector('.failure-note') !== null)
    expect(textOf(data.querySelector('[role=alert]'))).toContain('The storage is gone.')
    expect(await faults(data)).toEqual([])
    fails = false
    const downloads = catchDownloads(life.signal)
    button(data, 'Export all chats').click()
    await until(() => downloads.length === 1)
    await until(() => data.querySelector('.failure-note') === null)
  })

  test('are written as far as they are here while storage fails, which is said too', async () => {
    let fails = false
    const error = new ReflectionError('storage-unreadable', 'The storage is gone.')
    const { data, session, library } = await open({
      store: (store) => ({
        ...store,
        all: () => (fails ? failing(error) : store.all()),
        save: (...chat) => (fails ? Promise.reject(error) : store.save(...chat)),
      }),
    })
    await library.open(THREE[0]?.id ?? '')
    fails = true
    session.change((chat) => ({ ...chat, title: 'Not stored' }))
    const downloads = catchDownloads(life.signal)
    button(data, 'Export all chats').click()
    await until(() => data.querySelector('.failure-note') !== null)
    expect(downloads).toHaveLength(1)
    const { chats } = JSON.parse((await downloads[0]?.text()) ?? '') as { chats: readonly { title?: string }[] }
    expect(chats.map(({ title }) => title)).toEqual(['Not stored'])
  })
})

describe('the end of all chats', () => {
  const question = (data: HTMLElement) => data.querySelector<HTMLDialogElement>('dialog.question')

  test('is asked for with their number, and No keeps them', async () => {
    const { data, titles } = await open()
    const opener = button(data, 'Delete all chats')
    opener.focus()
    await userEvent.keyboard('{Enter}')
    await until(() => question(data)?.open === true)
    expect(textOf(find(data, 'dialog h2'))).toBe('Delete all 3 chats?')
    expect(document.activeElement).toBe(button(data, 'Cancel'))
    expect(await faults(data)).toEqual([])
    await userEvent.keyboard('{Escape}')
    await until(() => question(data) === null)
    expect(document.activeElement).toBe(opener)
    expect(titles()).toHaveLength(3)
  })

  test('leaves nothing, and nothing to bring back', async () => {
    const { data, library, store } = await open()
    button(data, 'Delete all chats').click()
    await until(() => question(data)?.open === true)
    button(data, 'Delete 3 chats').click()
    await until(() => library.list.get().chats.length === 0 && library.deleted.get() === undefined)
    expect(await store.list()).toEqual([])
    await until(() => data.querySelector('#data-delete-all') === null)
    await until(() => document.activeElement === button(data, 'Import chats'))
    await library.undoDelete()
    expect(library.list.get().chats).toEqual([])
  })
})

describe('what cannot be read', () => {
  const BROKEN = { version: 1, conversation: { schema: 1, secret: 'kept' } }

  test('is told, and can be deleted after a question', async () => {
    const { data, library } = await open({ broken: BROKEN })
    await until(() => data.querySelector('.unreadable') !== null)
    expect(await faults(data)).toEqual([])
    button(find(data, '.unreadable'), 'Delete').click()
    await until(() => data.querySelector<HTMLDialogElement>('dialog.question')?.open === true)
    button(find(data, 'dialog'), 'Delete').click()
    await until(() => data.querySelector('.unreadable') === null)
    expect(library.unreadable.get()).toEqual([])
  })
})

test('what is stored is told as the browser counts it, and leads to the models', async () => {
  const estimate = vi.spyOn(navigator.storage, 'estimate')
  estimate.mockResolvedValue({ usage: 2.5e9, quota: 10e9 })
  const { data, count, toModels } = await open()
  await count()
  await until(() => data.querySelector('meter') !== null)
  expect(textOf(data)).toContain('2.5 GB of the 10 GB that the browser allows')
  expect(find<HTMLMeterElement>(data, 'meter').value).toBe(2.5e9)
  expect(await faults(data)).toEqual([])
  button(data, 'Manage models').click()
  expect(toModels()).toBe(1)
  estimate.mockRejectedValue(new TypeError('not here'))
  await count()
  await until(() => data.querySelector('meter') === null)
})
