import { describe, expect, onTestFinished, test } from 'vitest'
import { applyOptions } from '../../src/embed/apply-options.ts'
import { embedChat, type EmbedPlace } from '../../src/embed/embed-chat.ts'
import '../../src/widget/define.ts'
import type { ReflectionChatElement } from '../../src/widget/reflection-chat.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../fakes/scripted-engine.ts'

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
