import type { Vocabulary } from '../src/core/chat/encode-prompt.ts'

/** How the next token is drawn. */
export interface Sampling {
  /** 0 (always the likeliest) to 2. */
  readonly temperature: number
  /** Above 0, to 1. */
  readonly topP: number
  /** Added to the logits of some tokens; absent when there is none. */
  readonly bias?: Readonly<Record<number, number>>
}

/**
 * A loaded model as a machine over tokens: ids go in, ids come out, and what went in stays in its KV cache until it is truncated.
 * All that is special to a GPU library stands behind it.
 */
export interface TokenModel {
  readonly vocabulary: Vocabulary
  /** Most tokens in the KV cache. */
  readonly contextWindow: number
  /** Most tokens that one call of `feed` or `next` takes. */
  readonly prefillChunk: number
  /** Tokens that end a reply. */
  readonly stopIds: ReadonlySet<number>
  /** The text of some tokens; U+FFFD stands for bytes that are not yet a character. */
  decode(ids: readonly number[]): string
  /** Feeds 1 to `prefillChunk` tokens. */
  feed(ids: readonly number[]): Promise<void>
  /** Feeds 1 to `prefillChunk` tokens and draws the one after them. */
  next(ids: readonly number[], sampling: Sampling): Promise<number>
  /** Forgets all but the first tokens that were fed. @returns How many are left: less than asked where it cannot take back a part. */
  truncate(length: number): number
  /** Makes the draws that follow depend on a whole number alone. */
  seed(seed: number): void
  /** Frees the GPU. */
  dispose(): Promise<void>
}
