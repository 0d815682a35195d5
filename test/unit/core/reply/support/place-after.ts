import { createTagParser } from '../../../../../src/core/tags/create-tag-parser.ts'
import type { TagDialect } from '../../../../../src/core/tags/dialect.ts'
import { createReplyPlace, type ReplyPlace } from '../../../../../src/core/reply/reply-place.ts'

/** Where a reply stands after some tokens, each given by its text. */
export function placeAfter(
  tokens: readonly string[],
  dialect: TagDialect,
  start: 'root' | 'thinking' = 'root',
): ReplyPlace {
  const place = createReplyPlace(start)
  const parser = createTagParser({ dialect, start, keep: false }, place.add)
  for (const token of tokens) {
    parser.push(token)
    place.book()
  }
  return place
}
