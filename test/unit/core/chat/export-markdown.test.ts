import { lexer, type Token } from 'marked'
import { describe, expect, test } from 'vitest'
import {
  addReply,
  addUserMessage,
  createConversation,
  editUserMessage,
  finishReply,
  renameConversation,
  selectBranch,
  type Conversation,
  type ReplyEnd,
} from '../../../../src/core/chat/conversation.ts'
import { chatToMarkdown } from '../../../../src/core/chat/export-markdown.ts'
import { importChats } from '../../../../src/core/chat/import-chats.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { createFormats } from '../../../../src/ui/words/formats.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

const words = {
  untitled: 'A chat',
  instructions: 'Instructions',
  user: 'You',
  assistant: 'Reply',
  writtenBy: (server: string) => `from ${server}`,
  thinking: 'Thinking',
  check: 'Check',
  interrupted: 'Interrupted.',
  failed: 'Failed:',
}
const formatDate = (time: number) => `day ${time}`
const write = (conversation: Conversation, withThinking = true) =>
  chatToMarkdown(conversation, { withThinking, words, formatDate })

const complete: ReplyEnd = {
  status: 'complete',
  usage: {
    finishReason: 'stop',
    promptTokens: 9,
    reusedTokens: 0,
    completionTokens: 9,
    tokens: { thinking: 3, reflection: 1, output: 1, markup: 4 },
    timeToFirstTokenMs: 1,
    totalMs: 2,
    droppedMessages: 0,
  },
}

function chat(question: string, content: string, end = complete): Conversation {
  const asked = addUserMessage(createConversation({ id: 'c', createdAt: 1 }), question, { id: 'q1', createdAt: 2 })
  const begun = addReply(asked, { modelId: 'reflection-tiny', revision: 'v1' }, { id: 'a1', createdAt: 3 })
  return finishReply(appendToReply(begun, 'a1', content), 'a1', end)
}

function blocksOf(markdown: string): Token[] {
  return lexer(markdown).filter(({ type }) => type !== 'space')
}

/** The titles of level 1 and 2. */
function titlesOf(markdown: string): string[] {
  return lexer(markdown).flatMap((token) =>
    token.type === 'heading' && token['depth'] < 3 ? [String(token['text'])] : [],
  )
}

describe('a chat as Markdown', () => {
  const content = '<thinking>Three.<reflection>No:\n\n- four.</reflection>Four.</thinking><output>**4**</output>'

  test('has a title, dates, the model and the thinking with its checks', () => {
    expect(write(chat('How many?', content))).toBe(
      `# How many?

day 1

## You · day 2

How many?

## Reply · reflection-tiny (v1) · day 3

> **Thinking**
>
> Three.
>
> > **Check**
> >
> > No:
> >
> > - four.
>
> Four.

**4**
`,
    )
  })

  test('names the server that wrote a reply', () => {
    const asked = addUserMessage(createConversation({ id: 'c', createdAt: 1 }), 'Hi', { id: 'q1', createdAt: 2 })
    const author = { modelId: 'Reflection-70B@reflection.example', revision: 'remote', server: 'reflection.example' }
    const begun = addReply(asked, author, { id: 'a1', createdAt: 3 })
    expect(write(finishReply(appendToReply(begun, 'a1', 'Hello'), 'a1', complete))).toContain(
      '## Reply · Reflection-70B@reflection.example (remote) · from reflection.example · day 3',
    )
  })

  test('leaves the thinking out on demand', () => {
    const markdown = write(chat('How many?', content), false)
    expect(markdown).toMatch(/day 3\n\n\*\*4\*\*\n$/)
    expect(markdown).not.toContain('Three')
  })

  test('says that a reply was interrupted or failed', () => {
    expect(write(chat('Why?', '<output>Be', { status: 'interrupted' }))).toMatch(/\n\nBe\n\n\*\*Interrupted\.\*\*\n$/)
    const error = new ReflectionError('device-lost', 'The GPU <was> *gone*.')
    expect(write(chat('Why?', '', { status: 'failed', error }))).toMatch(
      /\n\n\*\*Failed:\*\* The GPU \\<was\\> \\\*gone\\\*\.\n$/,
    )
  })

  test('has the current branch only', () => {
    const edited = editUserMessage(chat('How many?', content), 'q1', 'How much?', { id: 'q2' })
    expect(write(edited)).not.toContain('Reply')
    expect(write(selectBranch(edited, 'q1'))).not.toContain('How much')
  })

  test('has the name and the instructions that the user gave', () => {
    const named = { ...renameConversation(chat('a', 'b'), '*Sums* #1'), instructions: '# Be brief' }
    expect(write(named)).toMatch(/^# \\\*Sums\\\* \\#1\n\nday 1\n\n## Instructions\n\n### Be brief\n\n## You/)
    expect(write(createConversation({ createdAt: 1 }))).toBe('# A chat\n\nday 1\n')
  })

  test('leaves out a date that is none', () => {
    const { dateTime } = createFormats('en') // as the page words dates: it fails where there is none
    const at = (time: number) => {
      const asked = addUserMessage(createConversation({ createdAt: time }), 'a', { createdAt: time })
      return addReply(asked, { modelId: 'm', revision: 'r' }, { createdAt: time })
    }
    expect(chatToMarkdown(at(8.64e15 + 1), { withThinking: true, words, formatDate: dateTime })).toBe(
      '# a\n\n## You\n\na\n\n## Reply · m (r)\n\n**Interrupted.**\n',
    )
    expect(titlesOf(chatToMarkdown(at(8.64e15), { withThinking: true, words, formatDate: dateTime }))[1]).toMatch(
      /^You · \w+/,
    )
  })

  test('names no model that nobody named', () => {
    const text = '[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]'
    const { conversations } = importChats(text, { now: 5, newId: () => String(Math.random()), isKnown: () => false })
    expect(conversations.map((each) => titlesOf(write(each)))).toEqual([['a', 'You · day 5', 'Reply · day 5']])
  })

  test.each([
    '```\nopen',
    '~~~~ # x',
    '- ```\n  open',
    '> ```\n> open',
    '# Title\n\n## You · day 2',
    'Title\n===',
    'Title\n-',
    '<!-- open',
    '<details><summary>',
    '<script>\n\n',
    '`open',
    '    code',
    '***\n---',
    '[a]: <b',
    '\u2028# x\r## y\r\n- # z',
  ])('keeps its structure around %j', (nasty) => {
    const markdown = write(
      chat(
        nasty,
        `<thinking>${nasty}\n<reflection>${nasty}</reflection>\n${nasty}</thinking>\n<output>${nasty}\n</output>`,
        {
          status: 'interrupted',
        },
      ),
    )
    expect(titlesOf(markdown).slice(1)).toEqual(['You · day 2', 'Reply · reflection-tiny (v1) · day 3'])
    const blocks = blocksOf(markdown)
    const quotes = blocks.filter((token) => token.type === 'blockquote' && token.raw.includes('**Thinking**'))
    expect(quotes).toHaveLength(1)
    const checks = quotes.flatMap((quote) => ('tokens' in quote ? (quote.tokens ?? []) : []))
    expect(checks.filter(({ type, raw }) => type === 'blockquote' && raw.includes('**Check**'))).toHaveLength(1)
    expect(blocks.at(-1)?.raw.trim()).toBe('**Interrupted.**')
  })
})
