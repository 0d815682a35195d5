import type { FinishReason, TagDialect, TagParserOptions } from '../../../../../src/parser.ts'
import type { Random } from './random.ts'

export interface GeneratedStream {
  text: string
  options: TagParserOptions
  finish: FinishReason
}

const DIALECTS: readonly (TagDialect & { name?: 'reflection' | 'think' })[] = [
  { name: 'reflection', thinking: 'thinking', reflection: 'reflection', output: 'output' },
  { name: 'think', thinking: 'think' },
  { thinking: 'plan', reflection: 'check' },
  { thinking: 't', reflection: 'thinker', output: 'think-out' }, // names that are prefixes of each other
]
const TOOL_TAGS = ['<tool_call>', '<|tool|>', '<t:call']
const PLAIN = [
  'a',
  'So b. ',
  ' ',
  '\n',
  '\n\n',
  '\r\n',
  '\t',
  '\ufeff',
  '\u00a0',
  'c\n',
  '👍',
  '🚀 ',
  'ü',
  '=',
  '>',
  '/',
  '-',
  '~',
]
const CODE = ['`', '``', '```', '~~~', '```xml\n', '\n```\n', '`x`', '    ```', '`>', '"', "'"]
const ALMOST = [
  '<',
  '</',
  '< ',
  '<t',
  '<think',
  '</th',
  '<<',
  '<t ',
  '<think a="',
  '<t a=b c',
  '< think>',
  '<tool',
  '<|',
  '\ud83d',
  '\udc4d',
]

/** A short stream of what models write, and of what they never should: tags whole and broken, code, odd characters. */
export function generateStream(random: Random): GeneratedStream {
  const { name, ...dialect } = random.pick(DIALECTS)
  const names = [dialect.thinking, dialect.reflection ?? dialect.thinking, dialect.output ?? dialect.thinking]
  let text = ''
  for (let parts = 1 + random.below(10); parts > 0; parts--) {
    const kind = random.below(12)
    if (kind < 6) text += tag(random.pick(names), random)
    else if (kind < 9) text += random.pick(PLAIN)
    else if (kind < 10) text += random.pick(CODE)
    else if (kind < 11) text += random.pick(ALMOST)
    else text += random.pick(TOOL_TAGS)
  }
  return {
    text,
    options: {
      dialect: name ?? dialect,
      start: random.pick(['root', 'root', 'thinking']),
      reopen: random.pick(['line-start', 'line-start', 'any']),
      toolTags: random.below(2) === 0 ? [] : TOOL_TAGS,
    },
    finish: random.pick(['stop', 'stop', 'length', 'abort']),
  }
}

function tag(name: string, random: Random): string {
  switch (random.below(14)) {
    case 0:
      return `<${name}/>`
    case 1:
      return `<${name} depth="2>" x>`
    case 2:
      return `</${name}\n>`
    case 3:
      return `<${name.toUpperCase()}>`
    case 4:
      return `\`<${random.pick(['', '/'])}${name}>\``
    case 5:
      return `<${name}.>`
    case 6:
    case 7:
    case 8:
    case 9:
      return `</${name}>`
    default:
      return `<${name}>`
  }
}
