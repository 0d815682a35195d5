import { describe, expect, test } from 'vitest'
import { readReply } from '../../../../src/core/chat/read-reply.ts'
import { DIALECTS, resolveDialect } from '../../../../src/core/tags/dialect.ts'
import { readTagged } from '../../../../src/core/tags/read-tagged.ts'
import { generateStream } from '../tags/support/generated-stream.ts'
import { createRandom } from '../tags/support/random.ts'

describe('a reply that is read', () => {
  test('has its parts in the order in which they were written', () => {
    const content =
      '<thinking>2 + 2 is 5.<reflection>No, it is 4.</reflection>So 4.</thinking>\n<output>It is 4.</output>'
    expect(readReply({ content })).toEqual({
      thinking: '2 + 2 is 5.\nSo 4.',
      reflections: ['No, it is 4.'],
      output: 'It is 4.',
      parts: [
        { channel: 'thinking', text: '2 + 2 is 5.' },
        { channel: 'reflection', text: 'No, it is 4.' },
        { channel: 'thinking', text: 'So 4.' },
        { channel: 'output', text: 'It is 4.' },
      ],
    })
  })

  test('keeps two reflections apart that follow each other', () => {
    const { parts } = readReply({
      content: '<thinking><reflection>a</reflection><reflection>b</reflection></thinking>',
    })
    expect(parts.map(({ text }) => text)).toEqual(['a', 'b'])
  })

  test('is parsed by its own grammar', () => {
    const grammar = { dialect: DIALECTS.think, start: 'thinking' } as const
    expect(readReply({ content: 'Well.</think>Yes.', grammar })).toMatchObject({ thinking: 'Well.', output: 'Yes.' })
  })

  test('has parts that join to its channels, whatever was written', () => {
    for (let seed = 0; seed < 3000; seed++) {
      const { text, options } = generateStream(createRandom(seed))
      const dialect = resolveDialect(options.dialect ?? 'reflection')
      const start = options.start ?? 'root'
      const { parts } = readReply({ content: text, grammar: { dialect, start } })
      const expected = readTagged([text], { dialect, start })
      const textOf = (wanted: string) =>
        parts
          .filter(({ channel }) => channel === wanted)
          .map((part) => part.text)
          .join('\n')
      expect(textOf('thinking'), `seed ${seed}`).toBe(expected.thinking)
      expect(textOf('output'), `seed ${seed}`).toBe(expected.output)
      // Nested ones may stand in another order.
      expect(textOf('reflection').length, `seed ${seed}`).toBe(expected.reflections.join('\n').length)
    }
  })
})
