import { describe, expect, test } from 'vitest'
import { createTagParser, readTagged, type TagEvent, type TagParserOptions } from '../../../../src/parser.ts'

function record(options: TagParserOptions = {}) {
  const events: TagEvent[] = []
  const parser = createTagParser(options, (event) => events.push(event))
  return { parser, events, take: () => events.splice(0) }
}

describe('the events of a reply', () => {
  test('name each block, its parent and its place in the input', () => {
    const { events } = readTagged(['<thinking>a<reflection>b</reflection></thinking>\n<output>c</output>'])
    expect(events).toEqual([
      { type: 'reasoning-start', id: 'reasoning-0', kind: 'thinking' },
      { type: 'markup', role: 'open', raw: '<thinking>', start: 0, end: 10, id: 'reasoning-0' },
      { type: 'reasoning-delta', id: 'reasoning-0', delta: 'a', start: 10, end: 11 },
      { type: 'reasoning-start', id: 'reasoning-1', kind: 'reflection', parentId: 'reasoning-0' },
      { type: 'markup', role: 'open', raw: '<reflection>', start: 11, end: 23, id: 'reasoning-1' },
      { type: 'reasoning-delta', id: 'reasoning-1', delta: 'b', start: 23, end: 24 },
      { type: 'markup', role: 'close', raw: '</reflection>', start: 24, end: 37, id: 'reasoning-1' },
      { type: 'reasoning-end', id: 'reasoning-1', cause: 'tag' },
      { type: 'markup', role: 'close', raw: '</thinking>', start: 37, end: 48, id: 'reasoning-0' },
      { type: 'reasoning-end', id: 'reasoning-0', cause: 'tag' },
      { type: 'text-start', id: 'text-0', section: 'outside' },
      { type: 'text-delta', id: 'text-0', section: 'outside', delta: '\n', start: 48, end: 49 },
      { type: 'text-end', id: 'text-0', section: 'outside' },
      { type: 'text-start', id: 'text-1', section: 'output' },
      { type: 'markup', role: 'open', raw: '<output>', start: 49, end: 57, id: 'text-1' },
      { type: 'text-delta', id: 'text-1', section: 'output', delta: 'c', start: 57, end: 58 },
      { type: 'markup', role: 'close', raw: '</output>', start: 58, end: 67, id: 'text-1' },
      { type: 'text-end', id: 'text-1', section: 'output' },
      { type: 'finish', reason: 'stop', unclosed: [] },
    ])
  })

  test('tell a mention when its proof comes, with the blocks that change', () => {
    const { events } = readTagged(['<thinking>in <output> tags</thinking>'])
    expect(events.slice(3)).toEqual([
      { type: 'reasoning-end', id: 'reasoning-0', cause: 'implicit' },
      { type: 'text-start', id: 'text-0', section: 'output' },
      { type: 'markup', role: 'open', raw: '<output>', start: 13, end: 21, id: 'text-0' },
      { type: 'text-delta', id: 'text-0', section: 'output', delta: ' tags', start: 21, end: 26 },
      { type: 'text-end', id: 'text-0', section: 'output' },
      { type: 'reclassify', ids: ['text-0'], to: 'thinking' },
      { type: 'markup', role: 'close', raw: '</thinking>', start: 26, end: 37 },
      { type: 'finish', reason: 'stop', unclosed: [] },
    ])
  })

  test('reclassify a mention together with the blocks in it', () => {
    const { events } = readTagged(['A <thinking> or <reflection> tag'])
    expect(events.slice(-4)).toEqual([
      { type: 'reasoning-end', id: 'reasoning-1', cause: 'finish' },
      { type: 'reasoning-end', id: 'reasoning-0', cause: 'finish' },
      { type: 'reclassify', ids: ['reasoning-0', 'reasoning-1'], to: 'output' },
      { type: 'finish', reason: 'stop', unclosed: [] },
    ])
  })

  test('begin with the block that the prompt opened, and name what is open at the end', () => {
    const { events } = readTagged(['a'], { dialect: 'think', start: 'thinking', finish: 'length' })
    expect(events).toEqual([
      { type: 'reasoning-start', id: 'reasoning-0', kind: 'thinking', implicit: true },
      { type: 'reasoning-delta', id: 'reasoning-0', delta: 'a', start: 0, end: 1 },
      { type: 'reasoning-end', id: 'reasoning-0', cause: 'finish' },
      { type: 'finish', reason: 'length', unclosed: ['reasoning-0'] },
    ])
  })

  test('say in which block a tag was absorbed', () => {
    const { events } = readTagged(['<output> <output>'])
    expect(events).toContainEqual({
      type: 'markup',
      role: 'absorbed',
      raw: '<output>',
      start: 9,
      end: 17,
      id: 'text-0',
    })
  })
})

describe('what is held back', () => {
  test('is nothing of a delta that has no bracket', () => {
    const { parser, take } = record()
    parser.push('Hello, ')
    expect(take().at(-1)).toMatchObject({ delta: 'Hello, ' })
    parser.push('wörld 👍')
    expect(take()).toEqual([
      { type: 'text-delta', id: 'text-0', section: 'outside', delta: 'wörld 👍', start: 7, end: 15 },
    ])
  })

  test('is the beginning of a tag, until it is one or cannot be', () => {
    const { parser, take } = record()
    parser.push('a <out')
    expect(take().at(-1)).toMatchObject({ delta: 'a ' })
    parser.push('put')
    expect(take()).toEqual([])
    parser.push('s ')
    expect(take()).toMatchObject([{ type: 'text-delta', delta: '<outputs ' }])
  })

  test('is a quoted tag in thinking, until the character after it is known', () => {
    const { parser, take } = record({ start: 'thinking' })
    parser.push('the `')
    parser.push('</thinking>')
    expect(take().at(-1)).toMatchObject({ delta: 'the `' })
    parser.push('` tag')
    expect(take()).toMatchObject([{ type: 'reasoning-delta', delta: '</thinking>` tag' }])
  })

  test('is half a surrogate pair, also before the end of the stream', () => {
    const { parser, take } = record()
    parser.push('go \ud83d')
    expect(take().at(-1)).toMatchObject({ delta: 'go ' })
    parser.push('\ude80')
    expect(take()).toMatchObject([{ delta: '🚀', start: 3, end: 5 }])
    parser.push('\ud83d')
    parser.push('<output>')
    expect(take()).toMatchObject([
      { delta: '\ud83d' },
      { type: 'text-end' },
      { type: 'text-start' },
      { type: 'markup' },
    ])
    parser.push('\ud83d')
    parser.finish()
    expect(take()).toMatchObject([{ delta: '\ud83d' }, { type: 'text-end' }, { type: 'finish' }])
  })

  test('is what the snapshot leaves out', () => {
    const { parser } = record()
    parser.push('<thinking>a</thinking>b <out')
    expect(parser.snapshot()).toEqual({ thinking: 'a', reflections: [], output: 'b', flags: [] })
  })
})

describe('a parser', () => {
  test('ends once, and takes no text after that', () => {
    const { parser, events } = record()
    parser.push('')
    parser.finish('abort')
    parser.finish('stop')
    expect(events).toEqual([{ type: 'finish', reason: 'abort', unclosed: [] }])
    expect(() => parser.push('a')).toThrow('finished')
  })

  test('has no snapshot when it keeps nothing', () => {
    expect(() => record({ keep: false }).parser.snapshot()).toThrow('keep')
  })

  test.each<[string, object]>([
    ['Unknown dialect "xml". Known: reflection, think', { dialect: 'xml' }],
    ['Unknown dialect "toString"', { dialect: 'toString' }],
    ['"<think>" cannot be a tag name', { dialect: { thinking: '<think>' } }],
    ['needs the name of its thinking tag', { dialect: { output: 'answer' } }],
    ['need different names', { dialect: { thinking: 'think', output: 'Think' } }],
    ['The option "start" is one of root, thinking', { start: 'output' }],
    ['The option "reopen" is one of line-start, any', { reopen: true }],
    ['The tool tag "tool_call" cannot be used', { toolTags: ['tool_call'] }],
    ['The tool tag "<a<b>" cannot be used', { toolTags: ['<ok>', '<a<b>'] }],
    ['The tool tag "<" cannot be used', { toolTags: ['<'] }],
  ])('refuses wrong options: %s', (message, options) => {
    expect(() => createTagParser(options, () => undefined)).toThrow(message)
  })
})
