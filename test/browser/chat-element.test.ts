import { describe, expect, onTestFinished, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { applyOptions } from '../../src/embed/apply-options.ts'
import { embedChat, type EmbedPlace } from '../../src/embed/embed-chat.ts'
import '../../src/widget/define.ts'
import type { ReflectionChatElement } from '../../src/widget/reflection-chat.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../fakes/scripted-engine.ts'
import { until } from './support/elements.ts'

const REPLY = '<thinking>hm</thinking><output>It is 5.</output>'

function elementInPage(): ReflectionChatElement {
  const chat = document.createElement('reflection-chat')
  document.body.append(chat)
  onTestFinished(() => chat.remove())
  return chat
}

/** An engine of the page's own, and the models that it was asked to load. */
function ownEngine(script: Partial<Script> = {}) {
  const engine = createScriptedEngine({ replies: [REPLY], ...script })
  const loaded: string[] = []
  const { load } = engine
  engine.load = (model, options) => {
    loaded.push(model.id)
    return load(model, options)
  }
  return Object.assign(engine, { loaded })
}

describe('a chat with an engine that the page brings', () => {
  test('runs the model that the engine has, and not one of its own', async () => {
    const engine = ownEngine()
    const chat = elementInPage()
    chat.engine = Object.assign(engine, { describe: async () => SCRIPTED_MODEL })
    expect(await chat.ask('What is 9 - 4?')).toBe('It is 5.')
    expect(engine.loaded).toEqual(['scripted'])
  })

  test('runs the model that the page describes', async () => {
    const [first, second] = [ownEngine(), ownEngine()]
    const chat = elementInPage()
    chat.engine = first
    chat.model = SCRIPTED_MODEL
    expect(chat.model).toBe('scripted')
    chat.setAttribute('model', 'named')
    expect(chat.model).toBe('named')
    chat.model = SCRIPTED_MODEL
    expect(await chat.ask('What is 9 - 4?')).toBe('It is 5.')
    let timesReady = 0
    chat.addEventListener('reflection-ready', () => (timesReady += 1))
    chat.preload = true
    chat.engine = second
    chat.model = { ...SCRIPTED_MODEL, id: 'other' } // at once with the engine: it begins anew once
    await expect.poll(() => second.loaded).toEqual(['other'])
    expect(await chat.ask('And 8 - 3?')).toBe('It is 5.')
    expect(chat.messages).toHaveLength(4) // it goes on with what it showed
    expect([first.loaded, second.loaded, timesReady]).toEqual([['scripted'], ['other'], 1])
  })
})

describe('a question that is called off', () => {
  test('while the model loads is never asked', async () => {
    let goOn = () => {}
    const held = new Promise<void>((resolve) => (goOn = resolve))
    const engine = ownEngine({ pace: () => held })
    const chat = elementInPage()
    chat.engine = engine
    chat.model = SCRIPTED_MODEL
    const aborting = new AbortController()
    const asked = chat.ask('What is 9 - 4?', { signal: aborting.signal })
    await expect.poll(() => engine.state.status).toBe('loading')
    aborting.abort(new DOMException('enough', 'AbortError'))
    await expect(asked).rejects.toThrow('enough')
    goOn()
    expect(await chat.ask('What is 8 - 3?')).toBe('It is 5.')
    expect(engine.requests.map(({ messages }) => messages.at(-1)?.content)).toEqual(['What is 8 - 3?'])
  })

  test('while the chat itself is fetched loads nothing', async () => {
    const engine = ownEngine()
    const chat = elementInPage()
    chat.engine = engine
    chat.model = SCRIPTED_MODEL
    const aborting = new AbortController()
    const asked = chat.ask('What is 9 - 4?', { signal: aborting.signal })
    aborting.abort(new DOMException('enough', 'AbortError'))
    await expect(asked).rejects.toThrow('enough')
    await chat.export() // it is there
    expect(engine.loaded).toEqual([])
    expect(chat.messages).toEqual([])
  })

  test('is not asked in another chat that was shown meanwhile', async () => {
    let goOn = () => {}
    const held = new Promise<void>((resolve) => (goOn = resolve))
    const engine = ownEngine({ pace: () => held })
    const chat = elementInPage()
    chat.engine = engine
    chat.model = SCRIPTED_MODEL
    const asked = chat.ask('What is 9 - 4?')
    await expect.poll(() => engine.state.status).toBe('loading')
    chat.clear()
    goOn()
    await expect(asked).rejects.toMatchObject({ code: 'request-invalid' })
    expect(chat.messages).toEqual([])
  })
})

describe('a question that is sent before the model is ready', () => {
  /** An element whose model is held, and what is in it. */
  function heldChat() {
    let goOn = () => {}
    const held = new Promise<void>((resolve) => (goOn = resolve))
    const engine = ownEngine({ pace: () => held })
    const chat = elementInPage()
    chat.lang = 'en'
    chat.engine = engine
    chat.model = SCRIPTED_MODEL
    const field = () => chat.shadowRoot?.querySelector<HTMLTextAreaElement>('.composer textarea')
    const asked = () => engine.requests.map(({ messages }) => messages.at(-1)?.content)
    return { chat, engine, field, asked, goOn: () => goOn() }
  }

  test.each(['before the chat is there', 'while the model loads'])('%s is asked once it is', async (when) => {
    const { chat, engine, field, asked, goOn } = heldChat()
    await expect.poll(() => field() ?? null).not.toBeNull()
    await userEvent.click(field() as Element)
    if (when === 'while the model loads') await until(() => engine.state.status === 'loading')
    field()?.focus()
    await userEvent.keyboard('7 + 9?{Enter}{Enter}')
    await expect.poll(() => chat.shadowRoot?.textContent).toContain('Your message is sent as soon as')
    expect(asked()).toEqual([])
    goOn()
    await expect.poll(() => chat.messages.length).toBe(2)
    await expect.poll(() => field()?.value).toBe('')
    expect(asked()).toEqual(['7 + 9?'])
  })

  test('at once with its text is asked, though nothing of the chat is there', async () => {
    const { chat, field, asked, goOn } = heldChat()
    await expect.poll(() => field() ?? null).not.toBeNull()
    const first = field() as HTMLTextAreaElement
    first.value = '7 + 9?'
    first.dispatchEvent(new InputEvent('input', { bubbles: true }))
    first.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    goOn()
    await expect.poll(() => chat.messages.length).toBe(2)
    expect(asked()).toEqual(['7 + 9?'])
  })

  test('and changed since is not asked', async () => {
    const { engine, field, asked, goOn } = heldChat()
    await expect.poll(() => field() ?? null).not.toBeNull()
    await userEvent.click(field() as Element)
    await expect.poll(() => engine.state.status).toBe('loading')
    await userEvent.keyboard('7 + 9?{Enter} No, 7')
    goOn()
    await expect.poll(() => engine.state.status).toBe('ready')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(field()?.value).toBe('7 + 9? No, 7')
    expect(asked()).toEqual([])
  })
})

describe('what is set to undefined', () => {
  test.each(['model', 'mode', 'theme', 'placeholder', 'persist', 'src', 'variant', 'name'] as const)(
    'is as if %s had never been set',
    (name) => {
      const chat = document.createElement('reflection-chat')
      const before = chat[name]
      const settable = chat as unknown as Record<string, unknown>
      settable[name] = 'a'
      settable[name] = undefined
      expect(chat.hasAttribute(name)).toBe(false)
      expect(chat[name]).toBe(before)
    },
  )

  test('is no instruction, no sampling and no suggestion', () => {
    const chat = document.createElement('reflection-chat')
    chat.systemPrompt = 'Be brief.'
    chat.sampling = { temperature: 0 }
    const settable = chat as unknown as Record<string, unknown>
    for (const name of ['systemPrompt', 'sampling', 'suggestions']) settable[name] = undefined
    expect([chat.systemPrompt, chat.sampling, chat.suggestions]).toEqual(['', { selfCheck: 'normal' }, undefined])
  })

  test('is left out of what a page around a frame says', () => {
    const chat = document.createElement('reflection-chat')
    const options = {
      model: undefined,
      theme: 'dark',
      systemPrompt: undefined,
      sampling: undefined,
      preload: undefined,
    }
    applyOptions(chat, options as never)
    chat.preload = undefined as never // as frameworks set what is not given
    expect(chat.getAttributeNames()).toEqual(['theme'])
    expect(chat.systemPrompt).toBe('')
  })
})

test('a page around a frame says what it may, and sets nothing else of the chat', () => {
  const chat = document.createElement('reflection-chat')
  const may = { model: 'a', mode: 'hidden', theme: 'dark', lang: 'en', placeholder: 'b' } as const
  const more = { persist: 'local', src: 'https://far.example/', onclick: 'alert()', id: 'c' }
  applyOptions(chat, { ...may, ...more })
  expect(chat.getAttributeNames().toSorted()).toEqual(Object.keys(may).toSorted())
  expect(chat.persist).toBe('none')
})

describe('a chat that is kept for the site', () => {
  const KEY = 'reflection-chat:kept'

  function keptChat(): ReflectionChatElement {
    onTestFinished(() => localStorage.removeItem(KEY))
    const chat = document.createElement('reflection-chat')
    chat.id = 'kept'
    chat.persist = 'local'
    chat.engine = ownEngine()
    chat.model = SCRIPTED_MODEL
    document.body.append(chat)
    onTestFinished(() => chat.remove())
    return chat
  }

  const stored = () => localStorage.getItem(KEY)

  /** What another tab stored, as the browser tells it. */
  function storedElsewhere(text: string): void {
    localStorage.setItem(KEY, text)
    dispatchEvent(new StorageEvent('storage', { key: KEY, newValue: text }))
  }

  /** A chat as another tab stores it. */
  function chatOf(id: string, question: string, answer: string): string {
    const createdAt = Date.now()
    const reply = { id: `${id}-a`, parentId: `${id}-q`, role: 'assistant', content: answer, createdAt }
    const nodes = [
      { id: `${id}-q`, parentId: null, role: 'user', content: question, createdAt },
      { ...reply, status: 'complete', modelId: 'scripted', revision: 'one' },
    ]
    return JSON.stringify({ schema: 1, id, createdAt, nodes, chosen: { '': `${id}-q`, [`${id}-q`]: `${id}-a` } })
  }

  const saidIn = (chat: ReflectionChatElement) => chat.messages.map(({ content }) => content)

  test('comes into a tab that shows none, and grows there as it does in the other', async () => {
    const chat = keptChat()
    await chat.export() // it is there
    storedElsewhere(chatOf('x', 'From elsewhere?', 'Yes'))
    await expect.poll(() => saidIn(chat)).toEqual(['From elsewhere?', 'Yes'])
    storedElsewhere(chatOf('x', 'From elsewhere?', 'Yes, it is.'))
    await expect.poll(() => saidIn(chat)).toEqual(['From elsewhere?', 'Yes, it is.'])
    chat.clear()
    await expect.poll(stored).toBeNull() // it was shown here: it gives way
    expect(saidIn(chat)).toEqual([])
  })

  test('loses nothing where two tabs began one each', async () => {
    const chat = keptChat()
    await chat.ask('What is 9 - 4?')
    await expect.poll(() => stored()?.includes('9 - 4')).toBe(true)
    storedElsewhere(chatOf('x', 'From elsewhere?', 'Yes'))
    expect(saidIn(chat)).toEqual(['What is 9 - 4?', REPLY])
    await chat.ask('And 8 - 3?')
    await expect.poll(() => stored()?.includes('8 - 3')).toBe(true)
    expect(stored()).toContain('From elsewhere?')
    expect(saidIn(chat)).toEqual(['What is 9 - 4?', REPLY, 'And 8 - 3?', REPLY])
    await expect.poll(() => chat.shadowRoot?.querySelector('.branches')?.textContent).toContain('/2')
    await chat.ask('And 7 - 2?')
    await expect.poll(() => stored()?.includes('7 - 2')).toBe(true)
    expect(stored()).toContain('From elsewhere?')
  })
})

describe('a page around a frame', () => {
  const embed = (place: object) => embedChat(document.body, { address: '/nothing-here', ...place } as EmbedPlace)

  test.each([
    [{ theme: 'auto' }, 'options.theme is "auto"'],
    [{ model: '' }, 'options.model'],
    [{ suggestions: [7] }, 'options.suggestions[0] is 7'],
  ])('is told at once what the chat would not understand: %j', (options, words) => {
    expect(() => embed(options)).toThrow(
      expect.objectContaining({ code: 'request-invalid', message: expect.stringContaining(words) }),
    )
    expect(document.querySelector('iframe[title=Chat]')).toBeNull()
  })

  test('is told what cannot be asked', async () => {
    const chat = embed({ model: undefined })
    onTestFinished(() => chat.remove())
    await expect(chat.ask('a'.repeat(1_000_001))).rejects.toMatchObject({ code: 'request-invalid' })
    await expect(chat.export('pdf' as never)).rejects.toMatchObject({ code: 'request-invalid' })
  })
})
