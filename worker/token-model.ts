import type { Vocabulary } from '../src/core/chat/encode-prompt.ts'

/** How the next token is drawn. */
export interface Sampling {
  /** 0 (always the likeliest) to 2. */
  readonly temperature: number
  /** Above 0, to 1. */
  readonly topP: number
  /** Added to the logits of some tokens; absent when there is none. */
  readonly bias?: Readonly<Record<number, number>>
  /** Only what the model's schema binding allows, which moves on by the token that is drawn. */
  readonly isBound?: boolean
  /** Shown the logits as the model computed them, before all of the above; absent when nobody looks. */
  readonly onLogits?: (logits: Float32Array) => void
}

/** Holds draws to a JSON schema; a model has one at a time. */
export interface SchemaBinding {
  /**
   * Takes a schema and stands at its beginning.
   * @throws {ReflectionError} `unsupported`, when the grammar engine does not know what the schema says.
   */
  begin(schema: string): Promise<void>
  /** Moves on by text that was not drawn. @returns False when the schema does not allow it. */
  accept(text: string): boolean
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
  /** Tokens of the first chunk, where the model may be so slow that one of `prefillChunk` takes a minute. Absent: as many. */
  readonly firstChunk?: number
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
  /** Absent where the library has no grammar engine. */
  readonly binding?: SchemaBinding
  /** Whether `onLogits` is heeded. Absent: no. */
  readonly showsLogits?: boolean
  /** Makes the draws that follow depend on a whole number alone. */
  seed(seed: number): void
  /** Frees the GPU. */
  dispose(): Promise<void>
}
