import { ReflectionError } from '../src/core/errors.ts'
import type { TagDialect } from '../src/core/tags/dialect.ts'
import { readTagged } from '../src/core/tags/read-tagged.ts'
import type { ReplyPlace } from '../src/core/reply/reply-place.ts'
import type { SchemaBinding } from './token-model.ts'

/** Holds the answer of a reply to a JSON schema. The thinking stays free: the schema begins where the answer does. */
export interface OutputFormat {
  /**
   * What has to be written in the model's stead before the next token is drawn; mostly nothing. Only an answer that begins with its first
   * character can be held to a schema, so it is opened for the model; and so is the thinking, where the model cannot choose between the two.
   */
  opening(place: ReplyPlace, raw: string): string
  /**
   * Whether the next token is of the answer, and bound.
   * @throws {ReflectionError} `unsupported`, when an answer has begun already that the schema does not allow.
   */
  isBound(place: ReplyPlace, raw: string): boolean
  /** What ends an answer that is complete. */
  readonly closing: string
}

export interface OutputFormatOptions {
  readonly dialect: TagDialect
  /** `thinking` when the prompt holds the opening tag already. */
  readonly start: 'root' | 'thinking'
  /** Whether the first token can be made to open either the thinking or the answer. */
  readonly canChoose: boolean
  /** At the beginning of the schema. */
  readonly binding: SchemaBinding
}

export function createOutputFormat({ dialect, start, canChoose, binding }: OutputFormatOptions): OutputFormat {
  let isOpen = false

  /** Whether the answer has begun, or, in dialects that do not mark it, the thinking has ended. */
  function isAfterThinking({ open, hasText, isEmpty }: ReplyPlace): boolean {
    return hasText || (open.length === 0 && !isEmpty)
  }

  return {
    opening(place, raw) {
      if (isOpen || place.hasText || place.open.length > 0) return ''
      if (place.isEmpty) return canChoose ? '' : `<${dialect.thinking}>`
      if (dialect.output !== undefined) return `${raw.endsWith('\n') ? '' : '\n'}<${dialect.output}>`
      return raw.endsWith('\n') ? '' : '\n\n'
    },

    isBound(place, raw) {
      if (isOpen || !isAfterThinking(place)) return isOpen
      isOpen = true
      const begun = readTagged([raw], { dialect, start }).output
      if (begun === '' || binding.accept(begun)) return true
      throw new ReflectionError(
        'unsupported',
        'The answer began with something that its JSON schema does not allow. Ask again.',
      )
    },

    closing: dialect.output === undefined ? '' : `</${dialect.output}>`,
  }
}
