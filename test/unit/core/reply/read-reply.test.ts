import { describe, expect, test } from 'vitest'
import { arrangeReply, countChecks, stepsOf } from '../../../../src/core/reply/arrange-reply.ts'
import { readReply, type StoredReply } from '../../../../src/core/reply/read-reply.ts'
import { textsOf } from '../../../../src/core/reply/reply-texts.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'

/** The parts of a reply with their text. */
function partsOf(reply: StoredReply) {
  const { text, parts } = readReply(reply)
  return parts.map(({ channel, start, end }) => ({ channel, text: text.slice(start, end).trim() }))
}

describe('a reply that is read', () => {
  test('has its parts in the order in which they were written', () => {
    const content =
      '<thinking>2 + 2 is 5.<reflection>No, it is 4.</reflection>So 4.</thinking>\n<output>It is 4.</output>'
    expect(textsOf(readReply({ content }))).toEqual({
      thinking: '2 + 2 is 5.\nSo 4.',
      reflections: ['No, it is 4.'],
      output: 'It is 4.',
    })
    expect(partsOf({ content })).toEqual([
      { channel: 'thinking', text: '2 + 2 is 5.' },
      { channel: 'reflection', text: 'No, it is 4.' },
      { channel: 'thinking', text: 'So 4.' },
      { channel: 'output', text: 'It is 4.' },
    ])
  })

  test('keeps two reflections apart that follow each other', () => {
    const content = '<thinking><reflection>a</reflection><reflection>b</reflection></thinking>'
    expect(partsOf({ content }).map(({ text }) => text)).toEqual(['a', 'b'])
  })

  test('is parsed by its own grammar', () => {
    const grammar = { dialect: DIALECTS.think, start: 'thinking' } as const
    expect(textsOf(readReply({ content: 'Well.</think>Yes.', grammar }))).toMatchObject({
      thinking: 'Well.',
      output: 'Yes.',
    })
  })

  test('has the pieces of an answer that tags keep apart, each with its white space', () => {
    const content = '<thinking>t1<reflection>r</reflection>t2</thinking>see this\n<output>\n  - b\n</output>'
    const reply = readReply({ content })
    expect(arrangeReply(reply).slice(1)).toMatchObject([{ text: 'see this\n' }, { text: '\n  - b\n' }])
    expect(textsOf(reply).output).toBe('see this\n- b')
  })

  test('has one check where a tag in it means nothing, also in the count', () => {
    const content = '<thinking>a<reflection>b<thinking></thinking>c</reflection>d</thinking>'
    const steps = stepsOf(readReply({ content }))
    expect(steps).toMatchObject([
      { kind: 'thinking', text: 'a' },
      { kind: 'reflection', text: 'b\nc' },
      { kind: 'thinking', text: 'd' },
    ])
    expect(countChecks(steps)).toBe(1)
  })

  test('counts a check once that thinking interrupts', () => {
    const steps = stepsOf(readReply({ content: '<reflection>a<thinking>b</thinking>c</reflection>' }))
    expect(steps.map(({ text }) => text)).toEqual(['a', 'b', 'c'])
    expect(countChecks(steps)).toBe(1)
  })

  test('has the checks in the order in which they opened, whichever has text first', () => {
    const content = '<reflection><reflection>inner</reflection>outer</reflection>'
    expect(textsOf(readReply({ content })).reflections).toEqual(['outer', 'inner'])
  })

  test('is as long as it was: parts are places of its text, in order and apart', () => {
    const content = 'a\n<thinking> \n</thinking>b<output/>\n`<output>`'
    const { parts } = readReply({ content })
    let end = 0
    for (const part of parts) {
      expect(part.start).toBeGreaterThanOrEqual(end)
      end = part.end
    }
    expect(end).toBe(content.length)
  })
})
