import { arrangeReply } from '../../core/reply/arrange-reply.ts'
import type { PartedReply } from '../../core/reply/reply-texts.ts'

/**
 * A reply with its thinking, as plain text that Markdown can show: thinking is quoted, and each check begins with its word.
 * @param check - The word for a check.
 */
export function replyText(reply: PartedReply, check: string): string {
  const parts = arrangeReply(reply).map((section) => {
    if (section.type === 'answer') return section.text.trim()
    const steps = section.steps.map(({ kind, text }) => (kind === 'reflection' ? `${check}: ${text}` : text))
    return quoted(steps.join('\n\n'))
  })
  return parts.join('\n\n')
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n')
}
