import type { ModelDescription, TemplateStyle } from '../models/model-description.ts'
import type { ChatMessage } from '../engine.ts'
import { REFLECTION_SYSTEM_PROMPT } from './system-prompt.ts'

/**
 * A piece of a prompt. Only `control` pieces may become special tokens; `text` never does, whatever it spells; in `tagged` the
 * dialect's own tags are tags, as the model wrote them or was trained to read them, and all else is text.
 */
export interface PromptPiece {
  readonly kind: 'control' | 'text' | 'tagged'
  readonly text: string
}

export interface RenderedPrompt {
  /** Before the first message: the token that begins a text. */
  readonly head: readonly PromptPiece[]
  /** One list a message, in their order, so that whole messages can be left out. */
  readonly messages: readonly (readonly PromptPiece[])[]
  /** Opens the reply; empty when the last message is a reply that goes on. */
  readonly tail: readonly PromptPiece[]
}

/** What decides how the prompts of a model look. */
export type PromptFacts = Pick<ModelDescription, 'template' | 'chatTemplate'>

/** Turns messages into the pieces of a prompt. The last message is the user's, or a reply to be continued. */
export type RenderPrompt = (messages: readonly ChatMessage[]) => RenderedPrompt

/** How a family of models marks messages. */
interface Template {
  readonly head: readonly PromptPiece[]
  readonly system: (content: string) => readonly PromptPiece[]
  readonly user: (content: string) => readonly PromptPiece[]
  readonly replyOpening: readonly PromptPiece[]
  readonly replyClosing: readonly PromptPiece[]
  readonly stopTexts: readonly string[]
  readonly replyStart: 'root' | 'thinking'
}

const control = (text: string): PromptPiece => ({ kind: 'control', text })
const text = (content: string): PromptPiece => ({ kind: 'text', text: content })
const tagged = (content: string): PromptPiece => ({ kind: 'tagged', text: content })

const llama3Header = (role: string) => [
  control('<|start_header_id|>'),
  text(role),
  control('<|end_header_id|>'),
  text('\n\n'),
]

/**
 * The content of a system message. The tags that the Reflection prompt names are tags to the models that were trained with it; in
 * what follows it, a user's own instructions, nothing is.
 */
export function instructions(content: string): PromptPiece[] {
  if (!content.startsWith(REFLECTION_SYSTEM_PROMPT)) return [text(content)]
  return [tagged(REFLECTION_SYSTEM_PROMPT), text(content.slice(REFLECTION_SYSTEM_PROMPT.length))]
}

const llama3Message = (role: string, pieces: readonly PromptPiece[]) => [
  ...llama3Header(role),
  ...pieces,
  control('<|eot_id|>'),
]
const chatmlMessage = (role: string, pieces: readonly PromptPiece[]) => [
  control('<|im_start|>'),
  text(`${role}\n`),
  ...pieces,
  control('<|im_end|>'),
  text('\n'),
]

const TEMPLATES: Readonly<Record<TemplateStyle, Template>> = {
  // Stock Llama 3.1 without its two date lines, as the Reflection models were trained.
  'llama-3': {
    head: [control('<|begin_of_text|>')],
    system: (content) => llama3Message('system', instructions(content)),
    user: (content) => llama3Message('user', [text(content)]),
    replyOpening: llama3Header('assistant'),
    replyClosing: [control('<|eot_id|>')],
    stopTexts: ['<|eot_id|>', '<|end_of_text|>', '<|eom_id|>'],
    replyStart: 'root',
  },
  chatml: {
    head: [],
    system: (content) => chatmlMessage('system', instructions(content)),
    user: (content) => chatmlMessage('user', [text(content)]),
    replyOpening: [control('<|im_start|>'), text('assistant\n')],
    replyClosing: [control('<|im_end|>'), text('\n')],
    stopTexts: ['<|im_end|>', '<|endoftext|>'],
    replyStart: 'root',
  },
  // DeepSeek-R1's distilled models: the prompt itself opens the thinking.
  'deepseek-r1': {
    head: [control('<｜begin▁of▁sentence｜>')],
    system: instructions,
    user: (content) => [control('<｜User｜>'), text(content)],
    replyOpening: [control('<｜Assistant｜>'), control('<think>'), text('\n')],
    replyClosing: [control('<｜end▁of▁sentence｜>')],
    stopTexts: ['<｜end▁of▁sentence｜>'],
    replyStart: 'thinking',
  },
  // For models that nobody taught to chat: they go on with what looks like a conversation.
  plain: {
    head: [],
    system: (content) => [...instructions(content), text('\n\n')],
    user: (content) => [text(`User: ${content}\n\n`)],
    replyOpening: [text('Assistant:')],
    replyClosing: [text('\n\n')],
    stopTexts: [],
    replyStart: 'root',
  },
}

/** Turns messages into the pieces of a prompt. The last message is the user's, or a reply to be continued. */
export function renderPrompt(messages: readonly ChatMessage[], style: TemplateStyle): RenderedPrompt {
  const template = TEMPLATES[style]
  const last = messages.length - 1
  const continues = messages[last]?.role === 'assistant'
  return {
    head: template.head,
    messages: messages.map(({ role, content }, index) => {
      if (role === 'system') return template.system(content)
      if (role === 'user') return template.user(content)
      const opened = [...template.replyOpening, tagged(content)]
      return index === last ? opened : [...opened, ...template.replyClosing]
    }),
    tail: continues ? [] : template.replyOpening,
  }
}

/** Where the tag parser begins with the replies of a model: `thinking` when the prompt holds the opening tag already. */
export function replyStart({ template, chatTemplate }: PromptFacts): 'root' | 'thinking' {
  if (chatTemplate === undefined) return TEMPLATES[template].replyStart
  return chatTemplate.opensThinking ? 'thinking' : 'root'
}

/** The control texts that end a reply. */
export function stopTexts(style: TemplateStyle): readonly string[] {
  return TEMPLATES[style].stopTexts
}
