import { DEFAULT_GRAMMAR, type ReplyNode } from '../chat/conversation.ts'
import { createTagParser } from '../tags/create-tag-parser.ts'
import { createReplyFold, type ReplyFold } from './fold-reply.ts'
import type { PartedReply } from './reply-texts.ts'

/** What a reply holds, and how it is parsed; no grammar stands for the Reflection tags from the root on. */
export type StoredReply = Pick<ReplyNode, 'content' | 'grammar'>

/** Reads a whole reply by its own grammar. Linear in its length; no text makes it throw. */
export function readReply(reply: StoredReply): PartedReply {
  const fold = createReplyFold()
  const parser = createTagParser({ ...(reply.grammar ?? DEFAULT_GRAMMAR), keep: false }, fold.add)
  parser.push(reply.content)
  parser.finish()
  return { text: reply.content, parts: fold.parts() }
}

/** Reads the beginning of a reply that goes on. What may become a tag at its end is left to the events that follow. */
export function readBeginning({ content, grammar = DEFAULT_GRAMMAR }: StoredReply): ReplyFold {
  const fold = createReplyFold()
  createTagParser({ ...grammar, keep: false }, fold.add).push(content)
  return fold
}
