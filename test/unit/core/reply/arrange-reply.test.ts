import { describe, expect, test } from 'vitest'
import { arrangeReply, type ReplySection } from '../../../../src/core/reply/arrange-reply.ts'
import { createReplyFold } from '../../../../src/core/reply/fold-reply.ts'
import { answerOf, type PartedReply } from '../../../../src/core/reply/reply-texts.ts'
import { createTagParser } from '../../../../src/core/tags/create-tag-parser.ts'

/** The reply after each event, of text that comes in pieces of one length. */
function repliesOf(content: string, length = 3): PartedReply[] {
  const fold = createReplyFold()
  let text = ''
  const replies: PartedReply[] = [{ text, parts: fold.parts() }]
  const parser = createTagParser({ dialect: 'reflection' }, (event) => {
    fold.add(event)
    if ('start' in event) text += event.type === 'markup' ? event.raw : event.delta
    replies.push({ text, parts: fold.parts() })
  })
  for (let at = 0; at < content.length; at += length) parser.push(content.slice(at, at + length))
  parser.finish()
  return replies
}

const lastOf = (text: string) => repliesOf(text).at(-1)!

describe('a reply as it is read', () => {
  test('has each reflection as a step after the step that it corrects', () => {
    const reply = lastOf(
      '<thinking>9.11 is larger.<reflection>No.</reflection>9.9 is.</thinking>\n\n<output>9.9</output>',
    )
    expect(arrangeReply(reply)).toMatchObject([
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
    const reply = lastOf(
      '<thinking>a</thinking><reflection>b</reflection>\n<reflection>c</reflection><output>d</output>',
    )
    const [reasoning] = arrangeReply(reply)
    expect(reasoning).toMatchObject({ steps: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] })
  })

  test('shows text outside all tags as an answer', () => {
    expect(arrangeReply(lastOf('Just text.'))).toMatchObject([{ type: 'answer', text: 'Just text.' }])
  })

  test('moves text that turned out to be thinking', () => {
    const reply = lastOf('I think it is 4.</thinking><output>4</output>')
    expect(arrangeReply(reply)).toMatchObject([
      { type: 'reasoning', steps: [{ kind: 'thinking', text: 'I think it is 4.' }] },
      { type: 'answer', text: '4' },
    ])
  })

  test('shows tags that turned out to be mentioned', () => {
    const reply = lastOf('Tags such as <thinking> come first.')
    expect(answerOf(reply)).toBe('Tags such as <thinking> come first.')
  })

  test('does not depend on how the text was cut', () => {
    const text = '<thinking>a < b\n<reflection>c</reflection></thinking>\n<output>one\n\ntwo</output>'
    const [first, ...others] = [1, 2, 5, 100].map((length) => arrangeReply(repliesOf(text, length).at(-1)!))
    for (const other of others) expect(other).toEqual(first)
  })

  test('only grows at its end while it streams', () => {
    const text = '<thinking>a<reflection>b</reflection>c</thinking><output>d\n\ne</output>'
    const textsOf = (section: ReplySection) =>
      section.type === 'answer' ? section.text : section.steps.map((step) => step.text)
    const shown = repliesOf(text, 1).map((reply) => arrangeReply(reply).flatMap(textsOf).join('|'))
    for (const [index, now] of shown.entries()) expect(now.startsWith(shown[index - 1] ?? '')).toBe(true)
    expect(shown.at(-1)).toBe('a|b|c|d\n\ne')
  })
})
