import { describe, expect, test } from 'vitest'
import type { ReplyNode } from '../../../src/core/chat/conversation.ts'
import type { RunEvent } from '../../../src/core/engine.ts'
import { createTagParser } from '../../../src/core/tags/create-tag-parser.ts'
import { answerOf, arrangeReply, costOfReasoning, costOfStep } from '../../../src/state/arrange-reply.ts'
import { addEvents, continuedView, EMPTY_REPLY, viewOfReply, type ReplyView } from '../../../src/state/reply-view.ts'

const GRAMMAR = { dialect: 'reflection' } as const

/** The views after each event, of text that comes in pieces of one length. */
function viewsOf(text: string, length = 3): ReplyView[] {
  const views = [EMPTY_REPLY]
  const parser = createTagParser(GRAMMAR, (event) => views.push(addEvents(views.at(-1)!, [event])))
  for (let at = 0; at < text.length; at += length) parser.push(text.slice(at, at + length))
  parser.finish()
  return views
}

const lastOf = (text: string) => viewsOf(text).at(-1)!

function replyOf(content: string): ReplyNode {
  const author = { modelId: 'scripted', revision: 'one' }
  return { id: 'a', parentId: 'q', role: 'assistant', content, createdAt: 0, status: 'complete', ...author }
}

describe('a reply as it is read', () => {
  test('has each reflection as a step after the step that it corrects', () => {
    const view = lastOf(
      '<thinking>9.11 is larger.<reflection>No.</reflection>9.9 is.</thinking>\n\n<output>9.9</output>',
    )
    expect(arrangeReply(view)).toMatchObject([
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
    expect(arrangeReply(lastOf('Just text.'))).toMatchObject([{ type: 'answer', text: 'Just text.' }])
  })

  test('moves text that turned out to be thinking', () => {
    const view = lastOf('I think it is 4.</thinking><output>4</output>')
    expect(arrangeReply(view)).toMatchObject([
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
    addEvents(EMPTY_REPLY, events)
    expect(JSON.stringify(EMPTY_REPLY)).toBe(before)
  })

  test('tells what each step cost, also the one that grows', () => {
    const tokens = (thinking: number, reflection = 0, output = 0) => ({ thinking, reflection, output, markup: 0 })
    const text = '<thinking>ab<reflection>cd</reflection>ef'
    const view = lastOf(text)
    const checkpoints: RunEvent[] = [
      { type: 'checkpoint', at: 10, tokens: tokens(0), elapsedMs: 900 },
      { type: 'checkpoint', at: 12, tokens: tokens(7), elapsedMs: 1200 },
      { type: 'checkpoint', at: 26, tokens: tokens(7, 3), elapsedMs: 1700 },
      { type: 'checkpoint', at: 39, tokens: tokens(7, 3), elapsedMs: 1800 },
    ]
    const growing = addEvents(view, [...checkpoints, { type: 'progress', tokens: tokens(9, 3), elapsedMs: 2000 }])
    const sections = arrangeReply(growing)
    const [reasoning] = sections
    if (reasoning?.type !== 'reasoning') throw new Error('There is no reasoning.')
    expect(reasoning.steps.map((step) => costOfStep(growing, step))).toEqual([
      { tokens: 7, milliseconds: 300 },
      { tokens: 3, milliseconds: 500 },
      { tokens: 2, milliseconds: 200 },
    ])
    expect(costOfReasoning(growing, sections)).toEqual({ tokens: 12, milliseconds: 1000 })
    expect(costOfReasoning(view, sections)).toBeUndefined()
  })

  test('of a stored reply is that of its run', () => {
    const text = '<thinking>a<reflection>b</reflection></thinking><output>c</output>'
    expect(arrangeReply(viewOfReply(replyOf(text)))).toEqual(arrangeReply(lastOf(text)))
  })

  test('of a reply that goes on takes the events of the parser that goes on', () => {
    const text = '<thinking>one <reflection>two</reflection> three</thinking><output>four</output>'
    for (let cut = 0; cut <= text.length; cut++) {
      let view = continuedView(replyOf(text.slice(0, cut)))
      let isKnown = true
      const parser = createTagParser(GRAMMAR, (event) => {
        if (!isKnown) view = addEvents(view, [event])
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
