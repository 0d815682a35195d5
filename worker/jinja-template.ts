import { Template } from '@huggingface/jinja'
import {
  instructions,
  type PromptPiece,
  type RenderedPrompt,
  type RenderPrompt,
} from '../src/core/chat/render-prompt.ts'
import type { ChatMessage } from '../src/core/engine.ts'
import { ReflectionError } from '../src/core/errors.ts'
import type { ChatTemplate } from '../src/core/models/model-description.ts'
import { randomId } from '../src/core/random-id.ts'

/** Conversations of every form that a page asks for. */
const SAMPLES: readonly (readonly ChatMessage['role'][])[] = [
  ['user'],
  ['user', 'assistant', 'user'],
  ['user', 'assistant', 'user', 'assistant', 'user'],
  ['system', 'user'],
  ['system', 'user', 'assistant', 'user'],
]

/**
 * Renders prompts with a model's own Jinja template. What the template writes may hold special tokens; what people and models wrote never
 * does: in its place the template sees a word that nobody can guess, and the text is put there afterwards, as a piece of its own.
 *
 * A template that knows no system messages gets them before the user's first words; messages of one role in a row, it gets as one.
 * @param controls - Texts of the model's special tokens.
 * @returns What throws `request-invalid` for messages that the template refuses.
 * @throws Whatever is wrong with a template that cannot be rendered, or that leaves out, repeats, changes or reorders what it is given.
 */
export function createJinjaTemplate(facts: ChatTemplate, controls: Iterable<string>): RenderPrompt {
  const template = new Template(facts.source)
  const special = matcherOf(controls)

  function renderText(messages: readonly ChatMessage[], opensReply: boolean): string {
    return template.render({
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: opensReply,
      bos_token: facts.bos,
      eos_token: facts.eos,
    })
  }

  function render(messages: readonly ChatMessage[], mergesSystem: boolean): RenderedPrompt {
    const last = messages.at(-1)
    const continued = last?.role === 'assistant' ? last : undefined
    const asked = continued === undefined ? messages : messages.slice(0, -1)
    const secret = randomId()
    const marks = asked.map((_, index) => `x${secret}y${index}z`)
    const marked = withJoinedRoles(asked.map(({ role }, index) => ({ role, content: marks[index] ?? '' })))
    const given = mergesSystem ? withMergedSystem(marked) : marked
    const text = renderText(given, true)
    const closed = renderText(given, false)

    const between: string[] = []
    let from = 0
    for (const mark of marks) {
      const at = text.indexOf(mark, from)
      if (at < 0 || text.indexOf(mark, at + 1) >= 0)
        throw new Error('The template does not write each message once, in order.')
      between.push(text.slice(from, at))
      from = at + mark.length
    }
    const ending = text.slice(from)
    const lastMark = marks.at(-1) ?? ''
    const opening = ending.slice(commonPrefix(ending, closed.slice(closed.lastIndexOf(lastMark) + lastMark.length)))
    const thinks = facts.opensThinking ? (/<[a-z:]+>\s*$/.exec(opening)?.[0] ?? '') : ''
    const isOpened = (before = '') => before.endsWith(thinks)

    const parts: PromptPiece[][] = asked.map(() => [])
    for (const [index, { role, content }] of asked.entries()) {
      const written = piecesOf(between[index] ?? '')
      // Up to the first special token it belongs to the text before it, with which it is tokenized as one.
      const cut = index === 0 ? 0 : written.findIndex(({ kind }) => kind === 'control')
      const begin = cut < 0 ? written.length : cut
      parts[index - 1]?.push(...written.slice(0, begin))
      parts[index]?.push(...written.slice(begin), ...saidBy(role, content, isOpened(between[index]) ? '' : thinks))
    }
    const tail = piecesOf(ending)
    const lacksBos = facts.addsBos && facts.bos !== '' && !text.startsWith(facts.bos)
    const head: PromptPiece[] = lacksBos ? [{ kind: 'control', text: facts.bos }] : []
    if (continued === undefined) return { head, messages: parts, tail }
    return { head, messages: [...parts, [...tail, { kind: 'tagged', text: continued.content }]], tail: [] }
  }

  /** Cuts what a template wrote at its special tokens. */
  function piecesOf(text: string): PromptPiece[] {
    const pieces: PromptPiece[] = []
    let from = 0
    for (const { 0: control, index } of special === undefined ? [] : text.matchAll(special)) {
      if (index > from) pieces.push({ kind: 'text', text: text.slice(from, index) })
      pieces.push({ kind: 'control', text: control })
      from = index + control.length
    }
    if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) })
    return pieces
  }

  function saidBy(role: ChatMessage['role'], content: string, thinks: string): readonly PromptPiece[] {
    if (role === 'system') return instructions(content)
    if (role === 'user') return [{ kind: 'text', text: content }]
    return [...piecesOf(thinks), { kind: 'tagged', text: content }]
  }

  function check(mergesSystem: boolean): void {
    for (const roles of SAMPLES) {
      render(
        roles.map((role) => ({ role, content: role })),
        mergesSystem,
      )
    }
  }

  let mergesSystem = false
  try {
    check(false)
  } catch (error) {
    try {
      check(true)
      mergesSystem = true
    } catch {
      throw error
    }
  }
  return (messages) => {
    try {
      return render(messages, mergesSystem)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new ReflectionError(
        'request-invalid',
        `The model's own chat template refuses these messages: ${why.replace(/\.$/, '')}. Begin with the user's, and let user and assistant take turns.`,
        { cause },
      )
    }
  }
}

/** Some templates insist that user and assistant take turns; what one of them says in a row, as after a reply that was stopped before its first word, is one message. */
function withJoinedRoles(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = []
  for (const { role, content } of messages) {
    const before = joined.at(-1)
    if (role === 'system' || before?.role !== role) joined.push({ role, content })
    else joined[joined.length - 1] = { role, content: `${before.content}\n\n${content}` }
  }
  return joined
}

function withMergedSystem([first, second, ...others]: readonly ChatMessage[]): readonly ChatMessage[] {
  if (first?.role !== 'system' || second === undefined)
    return [first, second, ...others].filter((message) => message !== undefined)
  return [{ role: second.role, content: `${first.content}\n\n${second.content}` }, ...others]
}

/** A pattern of the texts, longest first; undefined when there are none. */
function matcherOf(texts: Iterable<string>): RegExp | undefined {
  const escaped = [...texts]
    .filter((text) => text !== '')
    .toSorted((one, other) => other.length - one.length)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return escaped.length === 0 ? undefined : new RegExp(escaped.join('|'), 'g')
}

function commonPrefix(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return length
}
