import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  addReply,
  addUserMessage,
  createConversation,
  type Conversation,
  type ReplyGrammar,
} from '../../../../src/core/chat/conversation.ts'
import { exportChats } from '../../../../src/core/chat/export-chats.ts'
import { chatToMarkdown } from '../../../../src/core/chat/export-markdown.ts'
import { createChatSearch } from '../../../../src/core/chat/search-chats.ts'
import { arrangeReply, countChecks, stepsOf, type ReasoningStep } from '../../../../src/core/reply/arrange-reply.ts'
import { createReplyFold } from '../../../../src/core/reply/fold-reply.ts'
import { readBeginning, readReply } from '../../../../src/core/reply/read-reply.ts'
import { answerOf, textsOf } from '../../../../src/core/reply/reply-texts.ts'
import { createTagParser } from '../../../../src/core/tags/create-tag-parser.ts'
import { resolveDialect, type DialectName } from '../../../../src/core/tags/dialect.ts'
import { readTagged } from '../../../../src/core/tags/read-tagged.ts'
import { createStreamingReply } from '../../../../src/state/streaming-reply.ts'
import { replyText } from '../../../../src/ui/chat/copy-text.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'
import { generateStream } from '../tags/support/generated-stream.ts'
import { createRandom, rechunk, type Random } from '../tags/support/random.ts'

/** What all derived forms of one reply are compared over. */
interface Sample {
  readonly name: string
  readonly content: string
  readonly grammar: ReplyGrammar
}

interface CorpusCase {
  readonly name: string
  readonly dialect: DialectName
  readonly chunks: readonly string[]
  readonly options?: { readonly start?: ReplyGrammar['start'] }
}

const SEED = 20_261_121
const STREAMS = 3000
const CUTS = 20

const corpus: { readonly cases: readonly CorpusCase[] } = JSON.parse(
  readFileSync(new URL('../../../fixtures/tag-streams.json', import.meta.url), 'utf8'),
)
/** The stream of issue 9, for which export, search and copying once gave two answers. */
const ONCE_TWO_ANSWERS = '<thinking>t1<reflection>r</reflection>t2</thinking>see this\n<output>b</output>'

const samples: readonly Sample[] = [
  { name: 'once two answers', content: ONCE_TWO_ANSWERS, grammar: grammarOf('reflection') },
  ...corpus.cases.map(({ name, dialect, chunks, options }) => ({
    name,
    content: chunks.join(''),
    grammar: grammarOf(dialect, options?.start),
  })),
]

function grammarOf(dialect: DialectName, start: ReplyGrammar['start'] = 'root'): ReplyGrammar {
  return { dialect: resolveDialect(dialect), start }
}

function* generated(): Iterable<Sample> {
  const random = createRandom(SEED)
  for (let stream = 0; stream < STREAMS; stream++) {
    const { text, options } = generateStream(random)
    const grammar = { dialect: resolveDialect(options.dialect ?? 'reflection'), start: options.start ?? 'root' }
    yield { name: `stream ${stream} of seed ${SEED}`, content: text, grammar }
  }
}

function chatWith({ content, grammar }: Sample): Conversation {
  const asked = addUserMessage(createConversation({ id: 'c', createdAt: 0 }), '?', { id: 'q', createdAt: 0 })
  const begun = addReply(asked, { modelId: 'm', revision: 'r', grammar }, { id: 'a', createdAt: 0 })
  return appendToReply(begun, 'a', content)
}

/** Every form in which a reply is drawn, copied, exported or counted. */
function formsOf(sample: Sample) {
  const { content, grammar } = sample
  const reply = readReply({ content, grammar })
  const sections = arrangeReply(reply)
  const steps = stepsOf(reply)
  const chat = chatWith(sample)
  const [exported] = exportChats([chat], { exportedAt: 0 }).chats
  const node = exported?.nodes[1]
  return {
    texts: textsOf(reply),
    copiedAnswer: answerOf(reply),
    copiedLines: linesOf(replyText(reply, 'Check')).filter(isNotEmptyQuote),
    drawnAnswer: sections.flatMap((section) => (section.type === 'answer' ? [section.text.trim()] : [])).join('\n'),
    drawnThinking: steps.flatMap(({ kind, text }) => (kind === 'thinking' ? [text] : [])).join('\n'),
    checks: countChecks(steps),
    exportedChannels: node?.role === 'assistant' ? node.channels : undefined,
    exportedReasoning: node?.role === 'assistant' ? (node.reasoning_content ?? '') : undefined,
    exportedAnswer: exported?.messages[1]?.content,
    markdownChecks: markdownOf(chat).match(/^(> )+\*\*CHECK\*\*$/gm)?.length ?? 0,
  }
}

/** The same, as the snapshot of the parser has it. Only the steps of the reasoning are in an order that it does not tell. */
function wantedForms({ content, grammar }: Sample): ReturnType<typeof formsOf> {
  const { thinking, reflections, output } = readTagged([content], grammar)
  const texts = { thinking, reflections, output }
  const reply = readReply({ content, grammar })
  const steps = stepsOf(reply)
  const { reflection: tag } = grammar.dialect
  const quotedLines = ({ kind, text }: ReasoningStep) => linesOf(kind === 'reflection' ? `Check: ${text}` : text)
  return {
    texts,
    copiedAnswer: output,
    copiedLines: arrangeReply(reply)
      .flatMap((section) =>
        section.type === 'answer'
          ? linesOf(section.text.trim())
          : section.steps.flatMap(quotedLines).map((line) => `> ${line}`),
      )
      .filter(isNotEmptyQuote),
    drawnAnswer: output,
    drawnThinking: thinking,
    checks: reflections.length,
    exportedChannels: texts,
    exportedReasoning: steps
      .map(({ kind, text }) => (kind === 'reflection' && tag !== undefined ? `<${tag}>\n${text}\n</${tag}>` : text))
      .join('\n'),
    exportedAnswer: content === '' ? undefined : output,
    markdownChecks: steps.filter(({ kind }) => kind === 'reflection').length,
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trimEnd()]))
}

function isNotEmptyQuote(line: string): boolean {
  return line !== '>'
}

function markdownOf(chat: Conversation): string {
  const words = {
    untitled: '',
    instructions: '',
    user: 'U',
    assistant: 'A',
    writtenBy: String,
    thinking: 'T',
    check: 'CHECK',
  }
  const formatDate = () => ''
  return chatToMarkdown(chat, { withThinking: true, words: { ...words, interrupted: 'I', failed: 'F' }, formatDate })
}

/** Texts that the snapshot has, and where a search for each of them, as a whole, finds it. */
function searchesOf(
  sample: Sample,
): { readonly text: string; readonly wanted: string; readonly found: string | undefined }[] {
  const { thinking, reflections, output } = readTagged([sample.content], sample.grammar)
  const chat = chatWith(sample)
  return [
    { text: output, wanted: 'answer' },
    { text: thinking, wanted: 'thinking' },
    ...reflections.map((text) => ({ text, wanted: 'thinking' })),
  ].flatMap(({ text, wanted }) => {
    const line = text.split('\n').find((each) => /[a-z]/i.test(each) && !each.includes('"'))
    if (line === undefined) return []
    // What both answer and thinking have is found in the answer.
    const found = createChatSearch(`"${line.trim()}"`).find(chat)?.place
    return [{ text: line, wanted: wanted === 'thinking' && found === 'answer' ? 'answer' : wanted, found }]
  })
}

/** The parts and the snapshot of a reply that comes in pieces, asked for now and then while it comes. */
function inPieces({ content, grammar }: Sample, random: Random) {
  const fold = createReplyFold()
  const parser = createTagParser(grammar, (event) => {
    fold.add(event)
    if (random.below(3) === 0) fold.parts()
  })
  for (const chunk of random.below(4) === 0 ? content.split('') : rechunk(content, random)) parser.push(chunk)
  parser.finish()
  return { parts: fold.parts(), snapshot: parser.snapshot(), flags: fold.flags() }
}

/** A reply that a run has begun, and another one goes on with from some place. */
function goneOn(sample: Sample, random: Random) {
  const { content, grammar } = sample
  const place = random.below(content.length + 1)
  const node = chatWith({ ...sample, content: content.slice(0, place) }).nodes[1]
  if (node?.role !== 'assistant') throw new Error('There is no reply.')
  const streaming = createStreamingReply(node, readBeginning(node))
  let isKnown = true
  const parser = createTagParser({ ...grammar, keep: false }, (event) => {
    if (!isKnown) streaming.add([event])
  })
  parser.push(content.slice(0, place))
  isKnown = false
  for (const chunk of rechunk(content.slice(place), random)) parser.push(chunk)
  parser.finish()
  const { text, parts } = streaming.view
  return { stored: streaming.node.content, drawn: { text, parts } }
}

describe.each(samples)('$name', (sample) => {
  const random = createRandom(SEED + sample.content.length)
  const whole = readReply(sample)

  test('is the same drawn, copied, exported and counted', () => {
    expect(formsOf(sample)).toEqual(wantedForms(sample))
  })

  test('is found where it stands', () => {
    for (const { text, wanted, found } of searchesOf(sample)) expect(found, `"${text}"`).toBe(wanted)
  })

  test('is the same however it comes, and when a run goes on with it', () => {
    for (let cut = 0; cut < CUTS; cut++) {
      const { parts, snapshot, flags } = inPieces(sample, random)
      expect(parts).toEqual(whole.parts)
      expect(snapshot).toEqual({ ...textsOf(whole), flags })
      expect(goneOn(sample, random)).toEqual({ stored: sample.content, drawn: whole })
    }
  })
})

test(`so is each of ${STREAMS} other streams (seed ${SEED})`, () => {
  const random = createRandom(SEED)
  for (const sample of generated()) {
    const { name } = sample
    const whole = readReply(sample)
    expect(formsOf(sample), `${name}`).toEqual(wantedForms(sample))
    for (const { wanted, found } of searchesOf(sample)) expect(found, `${name}`).toBe(wanted)
    expect(inPieces(sample, random).parts, `${name}`).toEqual(whole.parts)
    expect(goneOn(sample, random), `${name}`).toEqual({ stored: sample.content, drawn: whole })
  }
})

test('the beginning of a reply is read without what may become a tag', () => {
  const fold = readBeginning({ content: 'Four.</outp', grammar: grammarOf('reflection') })
  expect(fold.parts()).toEqual([{ channel: 'output', start: 0, end: 5 }])
})

test('the answer in which two forms once differed is one', () => {
  expect(answerOf(readReply({ content: ONCE_TWO_ANSWERS }))).toBe('see this\nb')
})
