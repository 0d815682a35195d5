import { atom } from 'nanostores'
import { describe, expect, test } from 'vitest'
import type { ReplyNode } from '../../../src/core/chat/conversation.ts'
import type { RunEvent, Usage } from '../../../src/core/engine.ts'
import { arrangeReply, stepsOf } from '../../../src/core/reply/arrange-reply.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { createTagParser } from '../../../src/core/tags/create-tag-parser.ts'
import { readBeginning } from '../../../src/core/reply/read-reply.ts'
import { costOfStep, costOfSteps, NO_COST } from '../../../src/state/reply-view.ts'
import { createStreamingReply } from '../../../src/state/streaming-reply.ts'
import { viewOf } from '../../../src/state/view-of-reply.ts'

/** A reply that goes on from what it holds. */
const streamOf = (node: ReplyNode) => createStreamingReply(node, readBeginning(node))

const GRAMMAR = { dialect: 'reflection' } as const

function eventsOf(text: string): RunEvent[] {
  const events: RunEvent[] = []
  const parser = createTagParser(GRAMMAR, (event) => events.push(event))
  parser.push(text)
  parser.finish()
  return events
}

function replyOf(content: string, more: Partial<ReplyNode> = {}): ReplyNode {
  const author = { modelId: 'scripted', revision: 'one' }
  return { id: 'a', parentId: 'q', role: 'assistant', content, createdAt: 0, status: 'streaming', ...author, ...more }
}

/** A reply that was written from its beginning. */
function writtenReply(text: string) {
  const reply = streamOf(replyOf(''))
  reply.add(eventsOf(text))
  return reply
}

const tokens = (thinking: number, reflection = 0, output = 0) => ({ thinking, reflection, output, markup: 0 })

const usage: Usage = {
  finishReason: 'stop',
  promptTokens: 9,
  reusedTokens: 0,
  completionTokens: 12,
  tokens: tokens(9, 3),
  timeToFirstTokenMs: 1,
  totalMs: 2000,
  droppedMessages: 0,
}

describe('a view', () => {
  test('of a reply in which nothing was written is empty', () => {
    expect(streamOf(replyOf('')).view).toEqual({
      text: '',
      parts: [],
      costSoFar: NO_COST,
      checkpoints: [],
      forced: [],
    })
  })

  test('is never changed, only replaced', () => {
    const reply = writtenReply('<thinking>a<reflection>b')
    const { view, node } = reply
    const before = JSON.stringify({ view, node })
    reply.add([{ type: 'checkpoint', at: 24, tokens: tokens(1), elapsedMs: 5 }])
    reply.add(eventsOf('c</reflection>d'))
    reply.end({ status: 'interrupted' })
    expect(JSON.stringify({ view, node })).toBe(before)
    expect(reply.view).not.toBe(view)
  })

  test('tells what each step cost, also the one that grows', () => {
    const reply = writtenReply('<thinking>ab<reflection>cd</reflection>ef')
    const uncounted = reply.view
    reply.add([
      { type: 'checkpoint', at: 10, tokens: tokens(0), elapsedMs: 900 },
      { type: 'checkpoint', at: 12, tokens: tokens(7), elapsedMs: 1200 },
      { type: 'checkpoint', at: 26, tokens: tokens(7, 3), elapsedMs: 1700 },
      { type: 'checkpoint', at: 39, tokens: tokens(7, 3), elapsedMs: 1800 },
      { type: 'progress', tokens: tokens(9, 3), elapsedMs: 2000 },
    ])
    const { view } = reply
    const steps = stepsOf(view)
    expect(arrangeReply(view)).toHaveLength(1)
    expect(steps.map((step) => costOfStep(view, step))).toEqual([
      { tokens: 7, milliseconds: 300 },
      { tokens: 3, milliseconds: 500 },
      { tokens: 2, milliseconds: 200 },
    ])
    expect(costOfSteps(view, steps)).toEqual({ tokens: 12, milliseconds: 1000 })
    expect(costOfSteps(uncounted, steps)).toBeUndefined()
  })

  test('of a stored reply is that of its run', () => {
    const text = '<thinking>a<reflection>b</reflection></thinking><output>c</output>'
    const stored = viewOf({ views: atom(new Map()) }, replyOf(text, { status: 'complete' }))
    expect(arrangeReply(stored)).toEqual(arrangeReply(writtenReply(text).view))
  })

  test('of a reply that goes on takes the events of the parser that goes on', () => {
    const text = '<thinking>one <reflection>two</reflection> three</thinking><output>four</output>'
    const whole = arrangeReply(writtenReply(text).view)
    for (let cut = 0; cut <= text.length; cut++) {
      const reply = streamOf(replyOf(text.slice(0, cut)))
      let isKnown = true
      const parser = createTagParser(GRAMMAR, (event) => {
        if (!isKnown) reply.add([event])
      })
      parser.push(text.slice(0, cut))
      isKnown = false
      parser.push(text.slice(cut))
      parser.finish()
      expect(arrangeReply(reply.view)).toEqual(whole)
      expect(reply.node.content).toBe(text)
    }
  })
})

describe('what is stored of a reply that is being written', () => {
  test('remembers each place where the engine asked for the answer', () => {
    const first = { cause: 'think-budget', start: 10, end: 30 } as const
    const second = { cause: 'answer-now', start: 40, end: 60 } as const
    const reply = streamOf(replyOf(''))
    reply.add([{ type: 'answer-forced', ...first }])
    reply.add([{ type: 'answer-forced', ...second }])
    expect(reply.node).toMatchObject({ forced: [first, second] })
    expect(reply.view.forced).toEqual([first, second])
  })

  test('says what it has cost so far, in a checkpoint at its end that moves along', () => {
    const reply = streamOf(replyOf(''))
    reply.add([...eventsOf('<thinking>ab'), { type: 'checkpoint', at: 10, tokens: tokens(0), elapsedMs: 900 }])
    reply.add([{ type: 'progress', tokens: tokens(2), elapsedMs: 1000 }])
    const known = { at: 10, tokens: tokens(0), elapsedMs: 900 }
    expect(reply.node.checkpoints).toEqual([known, { at: 12, tokens: tokens(2), elapsedMs: 1000 }])
    reply.add([{ type: 'progress', tokens: tokens(3), elapsedMs: 1100 }])
    expect(reply.node.checkpoints).toEqual([known, { at: 12, tokens: tokens(3), elapsedMs: 1100 }])
    expect(reply.view).toMatchObject({ checkpoints: [known], costSoFar: { tokens: tokens(3), elapsedMs: 1100 } })
  })

  test('keeps that checkpoint when it is cut off, and has the usage where it is known', () => {
    for (const how of [
      { status: 'interrupted' } as const,
      { status: 'interrupted', usage: { ...usage, finishReason: 'abort' } } as const,
      { status: 'failed', error: new ReflectionError('device-lost', 'The GPU is gone.') } as const,
    ]) {
      const reply = streamOf(replyOf(''))
      reply.add([...eventsOf('<thinking>ab').slice(0, -2), { type: 'progress', tokens: tokens(2), elapsedMs: 1000 }])
      reply.end(how)
      const now = { at: 12, tokens: tokens(2), elapsedMs: 1000 }
      expect(reply.node).toMatchObject({ status: how.status, content: '<thinking>ab', checkpoints: [now] })
      expect(reply.node.usage).toEqual('usage' in how ? how.usage : undefined)
      expect(reply.view.finishReason).toBe('abort')
    }
  })

  test('has the checkpoints of its run alone when that ends by itself', () => {
    const reply = streamOf(replyOf(''))
    const last = { at: 12, tokens: tokens(2), elapsedMs: 1000 }
    reply.add([...eventsOf('<thinking>ab'), { type: 'progress', tokens: tokens(2), elapsedMs: 1000 }])
    reply.add([{ type: 'checkpoint', ...last }])
    reply.end({ status: 'complete', usage })
    expect(reply.node).toMatchObject({ status: 'complete', finishReason: 'stop', usage, checkpoints: [last] })
  })

  test('counts on from the last checkpoint of the runs before', () => {
    const before = { at: 12, tokens: tokens(7, 1), elapsedMs: 1000 }
    const reply = streamOf(replyOf('<thinking>ab', { checkpoints: [before] }))
    expect(reply.view.costSoFar).toMatchObject({ tokens: before.tokens, elapsedMs: before.elapsedMs })
    reply.add([
      { type: 'checkpoint', at: 12, tokens: tokens(0), elapsedMs: 300 },
      { type: 'progress', tokens: tokens(2), elapsedMs: 500 },
    ])
    expect(reply.view.costSoFar).toEqual({ tokens: tokens(9, 1), elapsedMs: 1500 })
    expect(reply.node.checkpoints).toEqual([
      before,
      { at: 12, tokens: tokens(7, 1), elapsedMs: 1300 },
      { at: 12, tokens: tokens(9, 1), elapsedMs: 1500 },
    ])
  })
})
