import { DIALECTS, type TagDialect } from '../../tags/dialect.ts'
import type { TemplateStyle } from '../model-description.ts'

/** The dialects of models, by the tags that show them: in the vocabulary, or in the template. The first whose tags are all there counts. */
const DIALECT_MARKS: readonly { readonly marks: readonly string[]; readonly dialect: TagDialect }[] = [
  { marks: ['<thinking>', '<reflection>'], dialect: DIALECTS.reflection },
  { marks: ['<think>'], dialect: DIALECTS.think },
  { marks: ['<thinking>'], dialect: { thinking: 'thinking' } },
  { marks: ['<seed:think>'], dialect: { thinking: 'seed:think' } },
  { marks: ['<thought>'], dialect: { thinking: 'thought' } },
  { marks: ['<reasoning>'], dialect: { thinking: 'reasoning' } },
]

/** The styles in which a conversation can be written without a template, by the tokens that they need. */
const STYLE_MARKS: readonly { readonly marks: readonly string[]; readonly style: TemplateStyle }[] = [
  { marks: ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'], style: 'llama-3' },
  { marks: ['<｜User｜>', '<｜Assistant｜>', '<think>'], style: 'deepseek-r1' },
  { marks: ['<|im_start|>', '<|im_end|>'], style: 'chatml' },
]

/** Every text that tells something here when it is a token. */
export const KNOWN_MARKS: ReadonlySet<string> = new Set(
  [...DIALECT_MARKS, ...STYLE_MARKS].flatMap(({ marks }) => marks),
)

/** What is known of how a model chats, before any of it is rendered. */
export interface ChatFacts {
  /** Absent for a model without any tags of thinking. */
  readonly dialect?: TagDialect
  /** In which its messages are written where its own template cannot be rendered. */
  readonly style: TemplateStyle
  /** Whether the prompt itself opens the thinking. */
  readonly opensThinking: boolean
}

/**
 * Recognizes how a model chats.
 * @param marks - Those of `KNOWN_MARKS` that are tokens of the model.
 * @param template - Its Jinja template; absent where it has none.
 */
export function recognizeChat(marks: readonly string[], template = ''): ChatFacts {
  const found = DIALECT_MARKS.find((known) =>
    known.marks.every((mark) => marks.includes(mark) || template.includes(mark)),
  )
  const style = STYLE_MARKS.find((known) => known.marks.every((mark) => marks.includes(mark)))?.style ?? 'plain'
  const dialect = found?.dialect
  const opensThinking =
    dialect !== undefined && (template === '' ? style === 'deepseek-r1' : opensWith(template, `<${dialect.thinking}>`))
  return { ...(dialect && { dialect }), style, opensThinking }
}

/** Whether what a template writes for the reply ends with the tag: it then stands at the end of a string of its last part. */
function opensWith(template: string, tag: string): boolean {
  const reply = template.slice(template.lastIndexOf('add_generation_prompt') + 1)
  const after = reply.slice(reply.lastIndexOf(tag) + tag.length)
  return template.includes('add_generation_prompt') && reply.includes(tag) && /^(?:\\n|\s)*(?:['"]|\{%|$)/.test(after)
}
