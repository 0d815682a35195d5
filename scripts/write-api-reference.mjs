/**
 * Writes `docs/api.md` from the declarations that `npm run build:lib` makes, with their doc comments: `npm run docs`. With `--check` it writes
 * nothing and fails where the file is not what it would write. Fails as well where an export says nothing about itself.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'
import { format } from 'oxfmt'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TARGET = join(ROOT, 'docs/api.md')
const { ignorePatterns: _, ...STYLE } = JSON.parse(readFileSync(join(ROOT, '.oxfmtrc.json'), 'utf8'))

/** @type {{ name: string, exports: Record<string, string | { types?: string, default?: string }> }} */
const { name: packageName, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** @typedef {{ name: string, file: string, comment: string, code: string }} Declaration */

/** Where a file's exports are declared. @param {string} file @returns {Declaration[]} */
function exportsOf(file) {
  const code = readFileSync(file, 'utf8')
  const named = [...code.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm)].flatMap(
    ([, names = '', from = '']) =>
      names
        .split(',')
        .filter((part) => part.trim() !== '')
        .map((part) => {
          const [name = '', alias = name] = part
            .trim()
            .replace(/^type /, '')
            .split(' as ')
          return Object.assign(declarationOf(join(dirname(file), from.replace(/\.(?:js|ts)$/, '.d.ts')), name), {
            name: alias,
          })
        }),
  )
  const own = [...code.matchAll(/^export (?:declare )?(?:interface|type|function|class|const|abstract class) (\w+)/gm)]
  return [...named, ...own.map(([, name = '']) => declarationOf(file, name))]
}

/** @param {string} file @param {string} name @returns {Declaration} */
function declarationOf(file, name) {
  const code = readFileSync(file, 'utf8')
  const start = new RegExp(`^export (?:declare )?(?:interface|type|function|class|const) ${name}\\b`, 'm').exec(
    code,
  )?.index
  if (start === undefined) {
    const from = new RegExp(`^export (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from '([^']+)'`, 'm').exec(code)?.[1]
    if (from === undefined) throw new Error(`${relative(ROOT, file)} does not declare ${name}.`)
    return declarationOf(join(dirname(file), from.replace(/\.(?:js|ts)$/, '.d.ts')), name)
  }
  const comment = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\n$/.exec(code.slice(0, start))?.[1] ?? ''
  return { name, file, comment: textOf(comment), code: endOf(code.slice(start)) }
}

/** A declaration up to its end: a semicolon or a brace that closes, outside of all brackets. @param {string} code */
function endOf(code) {
  let depth = 0
  for (const { 0: token, index } of code.matchAll(/\/\*[^]*?\*\/|'(?:[^'\\]|\\.)*'|[[({})\];]|\n/g)) {
    if ('[({'.includes(token)) depth += 1
    else if (token === ']' || token === ')' || token === '}') depth -= 1
    else if (token === ';' && depth === 0) return code.slice(0, index)
    if (token === '}' && depth === 0 && /^export (?:declare )?(?:interface|class)/.test(code))
      return code.slice(0, index + 1)
  }
  return code
}

/** A comment without its stars. @param {string} comment */
function textOf(comment) {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
}

/** Without what is not for others. @param {string} code */
function publicPart(code) {
  return code
    .replace(/^ *#private;\n/gm, '')
    .replace(/^ *\/\*\*(?:[^*]|\*(?!\/))*@internal(?:[^*]|\*(?!\/))*\*\/\n.*\n/gm, '')
    .replace(/^export declare /, 'export ')
}

/** Prose of a doc comment; what its tags say follows as a list. @param {string} comment */
function prose(comment) {
  const [text = '', ...tags] = comment.split(/^@|(?<=\s)@(?=(?:param|returns|throws|see)\b)/m)
  const items = tags.map(
    (tag) => `- **${tag.split(/\s/, 1)[0]}** ${tag.slice(tag.search(/\s|$/)).replace(/\s+/g, ' ').trim()}`,
  )
  return [text.replace(/\s*\n\s*/g, ' ').trim(), items.join('\n')].filter((part) => part !== '').join('\n\n')
}

/** As `npm run format` would write it. @param {string} name Tells the language. @param {string} text */
async function formatted(name, text) {
  const { code, errors } = await format(name, text, STYLE)
  if (errors.length > 0) throw new Error(`${errors.map(({ message }) => message).join('\n')}\n${text}`)
  return code
}

/** Entries whose types are those of an interface that others document. */
const DOCUMENTED_ELSEWHERE = new Set(['./openai', './ai-sdk'])

const silent = []
const parts = [
  '# API',
  'What the package exports, from its doc comments: `npm run docs` writes this page. `<reflection-chat>` has [a page of its own](element.md).',
]
for (const [path, entry] of Object.entries(exports)) {
  const { types, default: module } = typeof entry === 'string' ? {} : entry
  if (types === undefined || module === undefined) continue // types alone are a framework's
  const file = join(ROOT, types)
  if (!existsSync(file)) throw new Error(`${types} is not there. Run: npm run build:lib`)
  const declarations = exportsOf(file).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  parts.push(`## \`${packageName}${path.slice(1)}\``)
  if (declarations.length === 0) parts.push('Has no exports: it does something.')
  for (const { name, comment, code } of declarations) {
    if (comment === '' && !DOCUMENTED_ELSEWHERE.has(path)) silent.push(`${packageName}${path.slice(1)}: ${name}`)
    parts.push(`### ${name}`, prose(comment), `\`\`\`ts\n${await formatted('api.d.ts', publicPart(code))}\`\`\``)
  }
}
if (silent.length > 0) {
  console.error(`These exports have no doc comment:\n${silent.map((line) => `  ${line}`).join('\n')}`)
  exit(1)
}
const written = await formatted('api.md', `${parts.join('\n\n')}\n`)
if (!argv.includes('--check')) writeFileSync(TARGET, written)
else if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== written) {
  console.error('docs/api.md is not what the doc comments say. Run: npm run docs')
  exit(1)
}
