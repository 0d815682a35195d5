import { describe, expect, test } from 'vitest'
import { createPromptEncoder } from '../../../../src/core/chat/encode-prompt.ts'
import { renderPrompt, replyStart, stopTexts, type PromptPiece } from '../../../../src/core/chat/render-prompt.ts'
import { REFLECTION_SYSTEM_PROMPT, systemPrompt } from '../../../../src/core/chat/system-prompt.ts'
import type { ChatMessage } from '../../../../src/core/engine.ts'
import type { TemplateStyle } from '../../../../src/core/models/model-description.ts'
import { createByteVocabulary, TAG_TEXTS } from '../../../fakes/token-model.ts'

const STYLES: readonly TemplateStyle[] = ['llama-3', 'chatml', 'deepseek-r1']

const system = (content: string): ChatMessage => ({ role: 'system', content })
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })

const CONVERSATION = [system('Be brief.'), user('one'), assistant('<output>two</output>'), user('three')]

/** All pieces of a prompt in order. */
function piecesOf(messages: readonly ChatMessage[], style: TemplateStyle): PromptPiece[] {
  const { head, messages: parts, tail } = renderPrompt(messages, style)
  return [...head, ...parts.flat(), ...tail]
}

const joined = (pieces: readonly PromptPiece[]) => pieces.map(({ text }) => text).join('')

describe('the templates', () => {
  test.each([
    [
      'llama-3',
      '<|begin_of_text|>',
      [
        '<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>',
        '<|start_header_id|>user<|end_header_id|>\n\none<|eot_id|>',
        '<|start_header_id|>assistant<|end_header_id|>\n\n<output>two</output><|eot_id|>',
        '<|start_header_id|>user<|end_header_id|>\n\nthree<|eot_id|>',
      ],
      '<|start_header_id|>assistant<|end_header_id|>\n\n',
    ],
    [
      'chatml',
      '',
      [
        '<|im_start|>system\nBe brief.<|im_end|>\n',
        '<|im_start|>user\none<|im_end|>\n',
        '<|im_start|>assistant\n<output>two</output><|im_end|>\n',
        '<|im_start|>user\nthree<|im_end|>\n',
      ],
      '<|im_start|>assistant\n',
    ],
    [
      'deepseek-r1',
      '<｜begin▁of▁sentence｜>',
      [
        'Be brief.',
        '<｜User｜>one',
        '<｜Assistant｜><think>\n<output>two</output><｜end▁of▁sentence｜>',
        '<｜User｜>three',
      ],
      '<｜Assistant｜><think>\n',
    ],
  ] as const)('%s marks each message, and opens the reply', (style, head, messages, tail) => {
    const rendered = renderPrompt(CONVERSATION, style)
    expect(joined(rendered.head)).toBe(head)
    expect(rendered.messages.map(joined)).toEqual(messages)
    expect(joined(rendered.tail)).toBe(tail)
  })

  test.each(STYLES)('%s has every marker as a control piece, and nothing that is in a message', (style) => {
    const markers = /<\|\w+\|>|<｜[^｜]+｜>|<think>/
    for (const { kind, text } of piecesOf(CONVERSATION, style)) {
      expect([text, kind === 'control']).toEqual([text, markers.test(text)])
    }
  })

  test.each(STYLES)('%s leaves a reply that goes on open, whatever came before', (style) => {
    const { messages, tail } = renderPrompt([user('one'), assistant('<thinking>tw')], style)
    const opening = renderPrompt([user('one')], style).tail
    expect(tail).toEqual([])
    expect(messages[1]).toEqual([...opening, { kind: 'tagged', text: '<thinking>tw' }])
  })

  test.each([
    ['llama-3', 'root', ['<|eot_id|>', '<|end_of_text|>', '<|eom_id|>']],
    ['chatml', 'root', ['<|im_end|>', '<|endoftext|>']],
    ['deepseek-r1', 'thinking', ['<｜end▁of▁sentence｜>']],
  ] as const)('%s says where its replies begin and what ends them', (style, start, stops) => {
    expect(replyStart({ template: style })).toBe(start)
    expect(stopTexts(style)).toEqual(stops)
  })

  test.each(STYLES)('%s closes a reply with a marker that also ends one', (style) => {
    const [, reply = []] = renderPrompt([user('one'), assistant('two'), user('three')], style).messages
    const closing = reply.findLast(({ kind }) => kind === 'control')?.text
    expect(stopTexts(style)).toContain(closing)
  })
})

describe.each(STYLES)('tags in a prompt of %s', (style) => {
  const custom = 'Put <thinking> around it, <output>so</output>, <|eot_id|>.'
  const kindsOf = (messages: readonly ChatMessage[], text: string) =>
    piecesOf(messages, style)
      .filter((piece) => piece.text.includes(text))
      .map(({ kind }) => kind)

  test('are tags in the Reflection prompt and in no word after it', () => {
    const [pieces = []] = renderPrompt(
      [system(systemPrompt({ reflect: true, custom }) ?? ''), user('x')],
      style,
    ).messages
    const contents = pieces.filter(({ text }) => text.includes('<thinking>'))
    expect(contents).toEqual([
      { kind: 'tagged', text: REFLECTION_SYSTEM_PROMPT },
      { kind: 'text', text: `\n\n${custom}` },
    ])
  })

  test('are text in instructions that do not begin with the Reflection prompt', () => {
    expect(kindsOf([system(custom), user('x')], custom)).toEqual(['text'])
    expect(kindsOf([system(`Mind: ${REFLECTION_SYSTEM_PROMPT}`), user('x')], '<thinking>')).toEqual(['text'])
  })

  test('are text in what a user writes, even where it is the Reflection prompt', () => {
    expect(kindsOf([user(custom)], custom)).toEqual(['text'])
    expect(kindsOf([user(REFLECTION_SYSTEM_PROMPT)], '<thinking>')).toEqual(['text'])
  })

  test('are tags in replies, whether they go on or not', () => {
    expect(kindsOf([user('x'), assistant('<thinking>a'), user('y')], '<thinking>a')).toEqual(['tagged'])
    expect(kindsOf([user('x'), assistant('<thinking>a')], '<thinking>a')).toEqual(['tagged'])
  })

  test('become tokens only where the model was trained to read them', () => {
    const vocabulary = createByteVocabulary()
    const idOf = (text: string) => vocabulary.added.get(text) ?? -1
    const tags = TAG_TEXTS.map((text) => ({ text, tokenIds: [idOf(text)] }))
    const encoder = createPromptEncoder(vocabulary, tags)
    const content = systemPrompt({ reflect: true, custom }) ?? ''
    const messages = [system(content), user(custom), assistant('<output>z'), user('</output>')]
    const pieces = piecesOf(messages, style)
    const ids = encoder.encodePieces(pieces)
    const found = ids.filter((id) => tags.some(({ tokenIds }) => tokenIds[0] === id))
    expect(found).toEqual(['<thinking>', '<output>', '<reflection>', '<output>'].map(idOf))
    expect(vocabulary.decode(ids)).toBe(joined(pieces))
  })
})
