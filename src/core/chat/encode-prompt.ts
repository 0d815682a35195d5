import type { TagTokens } from '../models/model-description.ts'
import type { PromptPiece } from './render-prompt.ts'

/** What a tokenizer must offer. */
export interface Vocabulary {
  /** Token ids of a text; texts of special tokens in it become special tokens. */
  encode(text: string): readonly number[]
  /** Texts that the tokenizer turns into one token wherever they stand, with their ids. */
  readonly added: ReadonlyMap<string, number>
}

export interface PromptEncoder {
  /** Ids of a text in which nothing is special. */
  encodeText(text: string): number[]
  /** Ids of the pieces. Text between two control tokens is tokenized as one, as the models' own templates do. */
  encodePieces(pieces: readonly PromptPiece[]): number[]
  /** Ids of a tag of the dialect, such as `</thinking>`: one where the model has a token for it. */
  encodeTag(tag: string): readonly number[]
  /** The one id of a control text, or undefined. */
  controlId(text: string): number | undefined
}

/**
 * Encodes prompts so that no text of a user can become a special token: WebLLM's tokenizer, as most, knows no other way to tell
 * them apart than to see them whole, so such a text is cut after its first character and its parts are tokenized apart. The
 * model still reads it character for character.
 *
 * @param tags The dialect's tags with their ids, from the model's description; they win over the tokenizer's own.
 */
export function createPromptEncoder(vocabulary: Vocabulary, tags: readonly TagTokens[]): PromptEncoder {
  const tagIds = new Map(tags.map(({ text, tokenIds }) => [text.toLowerCase(), tokenIds]))
  const special = matcherOf([...vocabulary.added.keys()].filter((text) => text.length > 1))
  const knownTags = matcherOf([...tagIds.keys()])

  function encodeText(text: string): number[] {
    const ids: number[] = []
    let from = 0
    for (const at of matches(special, text)) {
      ids.push(...vocabulary.encode(text.slice(from, at + 1)))
      from = at + 1
    }
    if (from < text.length) ids.push(...vocabulary.encode(text.slice(from)))
    return ids
  }

  function encodePieces(pieces: readonly PromptPiece[]): number[] {
    const ids: number[] = []
    let text = ''
    const endText = () => {
      if (text !== '') ids.push(...encodeText(text))
      text = ''
    }
    for (const piece of pieces) {
      if (piece.kind === 'text') {
        text += piece.text
      } else if (piece.kind === 'control') {
        const id = vocabulary.added.get(piece.text)
        if (id === undefined) {
          text += piece.text // a tag that this tokenizer spells with ordinary tokens
          continue
        }
        endText()
        ids.push(id)
      } else {
        let from = 0
        for (const { 0: tag, index } of knownTags === undefined ? [] : piece.text.matchAll(knownTags)) {
          text += piece.text.slice(from, index)
          endText()
          ids.push(...(tagIds.get(tag.toLowerCase()) ?? []))
          from = index + tag.length
        }
        text += piece.text.slice(from)
      }
    }
    endText()
    return ids
  }

  return {
    encodeText,
    encodePieces,
    encodeTag: (tag) => tagIds.get(tag.toLowerCase()) ?? controlIds(vocabulary, tag) ?? vocabulary.encode(tag),
    controlId: (text) => vocabulary.added.get(text),
  }
}

function controlIds(vocabulary: Vocabulary, text: string): readonly number[] | undefined {
  const id = vocabulary.added.get(text)
  return id === undefined ? undefined : [id]
}

/** A pattern of the texts, longest first; undefined when there are none. */
function matcherOf(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined
  const escaped = texts
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(escaped.join('|'), 'gi')
}

/** Where the pattern begins to match, overlaps included. */
function* matches(pattern: RegExp | undefined, text: string): Generator<number> {
  if (pattern === undefined) return
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    yield match.index
    pattern.lastIndex = match.index + 1
  }
}
