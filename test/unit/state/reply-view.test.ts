import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../src/core/engine.ts'
import { createTagParser } from '../../../src/core/tags/create-tag-parser.ts'
import { answerOf, arrangeReply } from '../../../src/state/arrange-reply.ts'
import { addEvents, continuedView, EMPTY_REPLY, viewOfReply, type ReplyView } from '../../../src/state/reply-view.ts'

const GRAMMAR = { dialect: 'reflection' } as const

/** The views after each event, of text that comes in pieces of one length; events are 10 ms apart. */
function viewsOf(text: string, length = 3): ReplyView[] {
  const views = [EMPTY_REPLY]
  const parser = createTagParser(GRAMMAR, (event) => views.push(addEvents(views.at(-1)!, [event], views.length * 10)))
  for (let at = 0; at < text.length; at += length) parser.push(text.slice(at, at + length))
  parser.finish()
  return views
}

const lastOf = (text: string) => viewsOf(text).at(-1)!

describe('a reply as it is read', () => {
  test('has each reflection as a step after the step that it corrects', () => {
    const view = lastOf(
      '<thinking>9.11 is larger.<reflection>No.</reflection>9.9 is.</thinking>\n\n<output>9.9</output>',
    )
    expect(arrangeReply(view)).toEqual([
      {
        type: 'reasoning',
        steps: [
          { kind: 'thinking', text: '9.11 is larger.' },
          { kind: 'reflection', text: 'No.' },
          { kind: 'thinking', text: '9.9 is.' },
        ],
      },
      { type: 'answer', text: '9.9' },
    ])
  })

  test('keeps reflections apart that follow each other, also outside thinking', () => {
    const view = lastOf(
      '<thinking>a</thinking><reflection>b</reflection>\n<reflection>c</reflection><output>d</output>',
    )
    const [reasoning] = arrangeReply(view)
    expect(reasoning).toMatchObject({ steps: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] })
  })

  test('shows text outside all tags as an answer', () => {
    expect(arrangeReply(lastOf('Just text.'))).toEqual([{ type: 'answer', text: 'Just text.' }])
  })

  test('moves text that turned out to be thinking', () => {
    const view = lastOf('I think it is 4.</thinking><output>4</output>')
    expect(arrangeReply(view)).toEqual([
      { type: 'reasoning', steps: [{ kind: 'thinking', text: 'I think it is 4.' }] },
      { type: 'answer', text: '4' },
    ])
  })

  test('shows tags that turned out to be mentioned', () => {
    const view = lastOf('Tags such as <thinking> come first.')
    expect(answerOf(view)).toBe('Tags such as <thinking> come first.')
  })

  test('does not depend on how the text was cut', () => {
    const text = '<thinking>a < b\n<reflection>c</reflection></thinking>\n<output>one\n\ntwo</output>'
    const [first, ...others] = [1, 2, 5, 100].map((length) => arrangeReply(viewsOf(text, length).at(-1)!))
    for (const other of others) expect(other).toEqual(first)
  })

  test('only grows at its end while it streams', () => {
    const text = '<thinking>a<reflection>b</reflection>c</thinking><output>d\n\ne</output>'
    const shown = viewsOf(text, 1).map((view) =>
      arrangeReply(view)
        .flatMap((section) => (section.type === 'answer' ? section.text : section.steps.map((step) => step.text)))
        .join('|'),
    )
    for (const [index, now] of shown.entries()) expect(now.startsWith(shown[index - 1] ?? '')).toBe(true)
    expect(shown.at(-1)).toBe('a|b|c|d\n\ne')
  })
})

describe('a view', () => {
  test('is never changed, only replaced', () => {
    const events: RunEvent[] = []
    createTagParser(GRAMMAR, (event) => events.push(event)).push('<thinking>a</thinking>')
    const before = JSON.stringify(EMPTY_REPLY)
    addEvents(EMPTY_REPLY, events, 5)
    expect(JSON.stringify(EMPTY_REPLY)).toBe(before)
  })

  test('books the time between two texts to the later one, and none to the prompt', () => {
    const at = (view: ReplyView, now: number, event: RunEvent) => addEvents(view, [event], now)
    let view = at(EMPTY_REPLY, 1000, { type: 'prompt', tokens: 90, reusedTokens: 0, droppedMessages: 0 })
    view = at(view, 2000, { type: 'reasoning-start', id: '0', kind: 'thinking' })
    view = at(view, 3000, { type: 'reasoning-delta', id: '0', delta: 'a', start: 0, end: 1 })
    view = at(view, 3400, { type: 'reasoning-delta', id: '0', delta: 'b', start: 1, end: 2 })
    view = at(view, 3500, { type: 'text-start', id: '1', section: 'output' })
    view = at(view, 3900, { type: 'text-delta', id: '1', section: 'output', delta: 'c', start: 2, end: 3 })
    expect(view.time).toEqual({ thinking: 500, reflection: 0, output: 400, outside: 0 })
  })

  test('of a stored reply is that of its run', () => {
    const text = '<thinking>a<reflection>b</reflection></thinking><output>c</output>'
    expect(arrangeReply(viewOfReply(text, GRAMMAR))).toEqual(arrangeReply(lastOf(text)))
  })

  test('of a reply that goes on takes the events of the parser that goes on', () => {
    const text = '<thinking>one <reflection>two</reflection> three</thinking><output>four</output>'
    for (let cut = 0; cut <= text.length; cut++) {
      let view = continuedView(lastOf(text.slice(0, cut)), text.slice(0, cut), GRAMMAR)
      let isKnown = true
      const parser = createTagParser(GRAMMAR, (event) => {
        if (!isKnown) view = addEvents(view, [event], 0)
      })
      parser.push(text.slice(0, cut))
      isKnown = false
      parser.push(text.slice(cut))
      parser.finish()
      expect(arrangeReply(view)).toEqual(arrangeReply(lastOf(text)))
      expect(view.length).toBe(text.length)
    }
  })
})
