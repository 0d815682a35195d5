import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isUnfinished, parseGguf } from '../../../../../src/core/models/gguf/parse-gguf.ts'
import type { GgufValue } from '../../../../../src/core/models/gguf/gguf-header.ts'
import { tokenizerDocument } from '../../../../../src/core/models/gguf/tokenizer-document.ts'
import { EMBEDDED_FOLDER } from '../../../../embedded-folder.ts'
import { HOSTILE_TEXTS, withSentencePiece } from './support/sentence-piece-file.ts'

const tiny = `public/${EMBEDDED_FOLDER}reflection-tiny.gguf`
const file = withSentencePiece(new Uint8Array(readFileSync(tiny)))
const header = (() => {
  const result = parseGguf(file, file.length)
  if (isUnfinished(result)) throw new Error('the file is cut short')
  return result
})()
const { metadata } = header

function documentWith(changes: readonly (readonly [string, GgufValue])[]): object {
  return tokenizerDocument({ ...header, metadata: new Map([...metadata, ...changes]) })
}

describe('the tokenizer of a SentencePiece vocabulary', () => {
  test('is the one that model/tests/test_sentence_piece.py compares with how llama.cpp cuts texts', async () => {
    const fixture = {
      tokens: metadata.get('tokenizer.ggml.tokens'),
      scores: metadata.get('tokenizer.ggml.scores'),
      texts: HOSTILE_TEXTS,
      document: tokenizerDocument(header),
    }
    await expect(`${JSON.stringify(fixture)}\n`).toMatchFileSnapshot('../../../../fixtures/gguf/sentence-piece.json')
  })

  test('puts no space before a text where the file says so', () => {
    const { normalizer } = documentWith([['tokenizer.ggml.add_space_prefix', false]]) as {
      normalizer: { normalizers: readonly { type: string }[] }
    }
    expect(normalizer.normalizers.map(({ type }) => type)).toEqual(['Replace'])
  })

  test('makes no special token out of pieces', () => {
    const tokens = [...(metadata.get('tokenizer.ggml.tokens') as readonly string[])]
    tokens[tokens.indexOf('<unused_1023>')] = '<s'
    const types = [...(metadata.get('tokenizer.ggml.token_type') as readonly number[])]
    types[1023] = 1
    const { model } = documentWith([
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.token_type', types],
    ]) as { model: { merges: readonly (readonly [string, string])[] } }
    const made = model.merges.map((pair) => pair.join(''))
    expect(made).toContain('<s')
    expect(made).not.toContain('<s>')
  })

  test('is refused where scores are missing', () => {
    expect(() => documentWith([['tokenizer.ggml.scores', [0]]])).toThrow(/1024 tokens but 1 scores/)
  })
})
