import { describe, expect, test } from 'vitest'
import { joinReply, recognizeReply } from '../../../../src/core/chat/tag-reply.ts'
import { readReply } from '../../../../src/core/reply/read-reply.ts'
import { answerOf, textsOf } from '../../../../src/core/reply/reply-texts.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'
import { generateStream } from '../tags/support/generated-stream.ts'
import { createRandom } from '../tags/support/random.ts'

const bare = (text: string) => text.replace(/<\/?reflection>|\s/gi, '')

describe('reasoning and an answer that are joined', () => {
  test('stand in the tags of Reflection models', () => {
    const reply = joinReply('Three. <reflection>No: four.</reflection>', '**4**')
    expect(reply).not.toHaveProperty('grammar')
    expect(textsOf(readReply(reply))).toMatchObject({ thinking: 'Three.', reflections: ['No: four.'], output: '**4**' })
  })

  test('come apart again as they were, whatever tags they hold', () => {
    for (let seed = 0; seed < 3000; seed++) {
      const random = createRandom(seed)
      const reasoning = `because ${generateStream(random).text}`
      const answer = `so ${generateStream(random).text}`
      const reply = joinReply(reasoning, answer)
      const { text: raw, parts } = readReply(reply)
      const reasons = parts.slice(
        0,
        parts.findIndex(({ channel }) => channel === 'output'),
      )
      expect(answerOf({ text: raw, parts }), `seed ${seed}`).toBe(answer.trim())
      expect(bare(reasons.map(({ start, end }) => raw.slice(start, end)).join('')), `seed ${seed}`).toBe(
        bare(reasoning),
      )
    }
  })

  test('avoid names that the texts have already', () => {
    const reply = joinReply('</thinking> <reasoning>', '<reasoning-2> or </REASONING-3>')
    expect(reply.grammar).toEqual({ dialect: { thinking: 'reasoning-4' }, start: 'root' })
    expect(textsOf(readReply(reply))).toMatchObject({
      thinking: '</thinking> <reasoning>',
      output: '<reasoning-2> or </REASONING-3>',
    })
  })
})

describe('a reply that is recognized', () => {
  const think = { dialect: DIALECTS.think, start: 'root' }
  test.each([
    ['4', undefined],
    ['a < b and <b>c</b>', undefined],
    ['<thinking>Well.</thinking><output>4</output>', undefined],
    ['Sure!\n<thinking>I think about <think>.</thinking>\n4', undefined],
    ['<output>4</output>', undefined],
    ['<think>\nWell.\n</think>\n\n4', think],
    ['<THINK>not ended', think],
    ['<think>I write `<thinking>`.</think>4', think],
    ['Well.\n</think>\n\n4', { ...think, start: 'thinking' }],
    ['Well.</think>\n4', { ...think, start: 'thinking' }],
    ['Well.\n</thinking>\n<output>4</output>', { dialect: DIALECTS.reflection, start: 'thinking' }],
  ])('is %j', (content, grammar) => {
    expect(recognizeReply(content)).toEqual(grammar === undefined ? { content } : { content, grammar })
  })

  test.each([
    'The tag `</think>` ends it.',
    'Write </think> to end it.',
    'The element <output> is for results, and </output> ends it.',
    'A stray </thinking> in the text',
    '```\n<think>\n</think>\n```',
  ])('is an answer to the letter: %j', (content) => {
    expect(textsOf(readReply(recognizeReply(content)))).toMatchObject({
      thinking: '',
      reflections: [],
      output: content,
    })
  })
})
