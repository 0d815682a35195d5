import { arrangeReply, type ReasoningStep } from '../reply/arrange-reply.ts'
import { readReply } from '../reply/read-reply.ts'
import { containMarkdown, escapeMarkdown } from './contain-markdown.ts'
import { currentPath, titleOf, type Conversation, type ReplyNode, type UserNode } from './conversation.ts'
import { isDate } from './is-date.ts'
import { UNKNOWN_AUTHOR } from './read-plain-chat.ts'

export interface ChatMarkdownOptions {
  /** Whether the thinking is written too. */
  readonly withThinking: boolean
  readonly words: ChatMarkdownWords
  /** Words a time, given in milliseconds since the epoch; of a chat with one that is no date, its words are left out. */
  readonly formatDate: (time: number) => string
}

/** What the document says by itself, as plain text. */
export interface ChatMarkdownWords {
  /** Title of a chat without one. */
  readonly untitled: string
  readonly instructions: string
  /** Above messages of the user, and above replies. */
  readonly user: string
  readonly assistant: string
  /** Of a reply that a server wrote, beside the model. */
  readonly writtenBy: (server: string) => string
  /** Above thinking, and above a reflection in it. */
  readonly thinking: string
  readonly check: string
  /** Below a reply that was stopped, and below one that failed, before the reason. */
  readonly interrupted: string
  readonly failed: string
}

/**
 * The current branch of a chat as Markdown for people. Headings of level 1 and 2 are the document's own: no text of the user or the
 * model reaches out of its section. Thinking is a quote, and a reflection a quote in it under a label.
 */
export function chatToMarkdown(conversation: Conversation, given: ChatMarkdownOptions): string {
  const formatDate = (time: number) => (isDate(time) ? given.formatDate(time) : '') // formats of languages fail where there is none
  const options = { ...given, formatDate }
  const { words } = options
  const { createdAt, instructions = '' } = conversation
  const blocks = [`# ${escapeMarkdown(titleOf(conversation) || words.untitled)}`, escapeMarkdown(formatDate(createdAt))]
  if (instructions.trim() !== '') blocks.push(`## ${escapeMarkdown(words.instructions)}`, contained(instructions))
  for (const node of currentPath(conversation)) {
    blocks.push(...(node.role === 'user' ? messageBlocks(node, options) : replyBlocks(node, options)))
  }
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** Headings in a text go below those of its section. */
function contained(text: string): string {
  return containMarkdown(text, 2).replace(/^\n+/, '').trimEnd()
}

function messageBlocks({ content, createdAt }: UserNode, { words, formatDate }: ChatMarkdownOptions): string[] {
  return [heading(words.user, formatDate(createdAt)), contained(content)]
}

function replyBlocks(reply: ReplyNode, { words, formatDate, withThinking }: ChatMarkdownOptions): string[] {
  const { modelId, revision, server, createdAt, status, errorMessage = '' } = reply
  const model = modelId === UNKNOWN_AUTHOR ? [] : [`${modelId} (${revision})`]
  if (server !== undefined) model.push(words.writtenBy(server))
  const blocks = [heading(words.assistant, ...model, formatDate(createdAt))]
  for (const section of arrangeReply(readReply(reply))) {
    if (section.type === 'answer') blocks.push(contained(section.text))
    else if (withThinking) blocks.push(reasoningBlock(section.steps, words))
  }
  if (status === 'failed') blocks.push([label(words.failed), escapeMarkdown(errorMessage)].join(' ').trim())
  else if (status !== 'complete') blocks.push(label(words.interrupted))
  return blocks
}

function reasoningBlock(steps: readonly ReasoningStep[], words: ChatMarkdownWords): string {
  const blocks = steps.map(({ kind, text }) => {
    const block = contained(text)
    return kind === 'reflection' ? quoted(`${label(words.check)}\n\n${block}`) : block
  })
  return quoted([label(words.thinking), ...blocks].join('\n\n'))
}

function heading(...parts: readonly string[]): string {
  return `## ${parts
    .filter((part) => part !== '')
    .map(escapeMarkdown)
    .join(' · ')}`
}

function label(words: string): string {
  return `**${escapeMarkdown(words)}**`
}

function quoted(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n')
}
