import { ReflectionError } from '../src/core/errors.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'

/**
 * Texts that the tokenizer of a model takes as one token wherever they stand, with their ids.
 * @param tokenizer Bytes of its `tokenizer.json`; undefined where it is not stored.
 * @throws {ReflectionError} `model-broken`.
 */
export function readAddedTokens(
  model: ModelDescription,
  tokenizer: ArrayBuffer | undefined,
): ReadonlyMap<string, number> {
  const { added_tokens: tokens } = JSON.parse(
    new TextDecoder().decode(tokenizer ?? new TextEncoder().encode('{}')),
  ) as {
    added_tokens?: { content: string; id: number }[]
  }
  if (tokens === undefined) {
    throw new ReflectionError('model-broken', `${model.name} has no tokenizer.json that lists its special tokens.`)
  }
  return new Map(tokens.map(({ content, id }) => [content, id]))
}
