import type { ReplyPart } from './fold-reply.ts'

/** A reply as it was written, and the parts that it consists of. */
export interface PartedReply {
  /** The raw reply, tags and all. */
  readonly text: string
  readonly parts: readonly ReplyPart[]
}

/** A reply by channel. Each text is that of the parts, without the white space around them, joined by one line feed. */
export interface ReplyTexts {
  /** The thinking without its reflections. */
  thinking: string
  /** In the order in which they opened. */
  reflections: string[]
  /** Text of output blocks and outside all blocks. */
  output: string
}

export function textsOf({ text, parts }: PartedReply): ReplyTexts {
  const thinking: string[] = []
  const output: string[] = []
  const reflections = new Map<number, string[]>()
  for (const part of parts) {
    const piece = text.slice(part.start, part.end).trim()
    if (part.channel === 'thinking') thinking.push(piece)
    else if (part.channel === 'output') output.push(piece)
    else reflections.set(part.check, [...(reflections.get(part.check) ?? []), piece])
  }
  const checks = [...reflections].toSorted(([one], [other]) => one - other)
  return {
    thinking: thinking.join('\n'),
    reflections: checks.map(([, pieces]) => pieces.join('\n')),
    output: output.join('\n'),
  }
}

/** The answer alone. */
export function answerOf(reply: PartedReply): string {
  return textsOf(reply).output
}
