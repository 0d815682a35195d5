import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'

/** One import: the file it stands in and what it names, a file of the project or an npm package. */
export interface ImportEdge {
  from: string
  to: string
  isPackage: boolean
}

/** Layers, and those each may import besides itself; as in the dependency diagram of ARCHITECTURE.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ['core'],
  client: ['protocol', 'core'],
  storage: ['core'],
  adapters: ['core'],
  state: ['core'],
  ui: ['state', 'core'],
  app: ['ui', 'state', 'storage', 'client', 'adapters', 'protocol', 'core'],
  widget: ['ui', 'state', 'storage', 'client', 'core'],
  embed: ['widget', 'ui', 'client', 'protocol', 'core'],
  worker: ['protocol', 'core'],
  'service-worker': ['protocol', 'core'],
  'index.ts': ['client', 'core'],
  'cdn.ts': ['index.ts', 'client'],
  'cdn-element.ts': ['widget', 'client'],
  'parser.ts': ['core'],
  'openai.ts': ['adapters', 'core'],
  'ai-sdk.ts': ['adapters', 'core'],
  'prompt-api.ts': ['adapters', 'core'],
}

/** Rooms of `src/ui`, and those each may import besides itself. None may import one that may import it: there are no cycles. */
const ROOM_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  words: [],
  parts: ['words'],
  models: ['parts', 'words'],
  chat: ['models', 'parts', 'words'], // the chat shows the card of a model that loads
  chats: ['parts', 'words'],
  settings: ['parts', 'words'],
  app: ['chat', 'chats', 'models', 'settings', 'parts', 'words'],
}

/** Layers and rooms that the rules above speak of, as folders or files. */
export const RULED_PATHS: readonly string[] = [
  ...Object.keys(MAY_IMPORT).map((layer) => (layer === 'worker' ? layer : `src/${layer}`)),
  ...Object.keys(ROOM_MAY_IMPORT).map((room) => `src/ui/${room}`),
]

/** Layers that anyone can use without installing anything. */
const WITHOUT_PACKAGES = new Set(['core', 'parser.ts'])

/** Packages that one file alone may import. */
const RESERVED: Readonly<Record<string, string>> = {
  '@mlc-ai/web-llm': 'worker/webllm-engine.ts',
  '@wllama/wllama': 'worker/llama-cpp/program.ts',
}

/** All imports of the TypeScript files in some folders under `root`, with paths relative to it. */
export function readImports(root: string, folders: readonly string[]): ImportEdge[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .flatMap((name) => importsOf(root, join(folder, name).split(sep).join('/'))),
  )
}

function importsOf(root: string, from: string): ImportEdge[] {
  const code = readFileSync(join(root, from), 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '')
  const specifiers = [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*(['"])([^'"\n]+)\1/g)].map(
    (match) => match[2] ?? '',
  )
  return specifiers.map((specifier) => {
    if (!specifier.startsWith('.'))
      return { from, to: specifier.replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1'), isPackage: true }
    return { from, to: posix.join(dirname(from), specifier), isPackage: false }
  })
}

/** Why an import must not be, or undefined when it may. */
export function objectionTo({ from, to, isPackage }: ImportEdge): string | undefined {
  const layer = layerOf(from)
  const allowed = MAY_IMPORT[layer]
  if (allowed === undefined) return `${from} is in no known layer`
  if (isPackage) {
    if (WITHOUT_PACKAGES.has(layer)) return `${from} → ${to}: ${layer} imports no packages`
    const owner = RESERVED[to]
    return owner === undefined || owner === from ? undefined : `${from} → ${to}: only ${owner} imports it`
  }
  const target = layerOf(to)
  if (target === 'ui' && layer === 'ui') return objectionOfRooms(from, to)
  if (target === layer || allowed.includes(target)) return undefined
  return `${from} → ${to}: ${layer} may import ${['itself', ...allowed].join(', ')}, not ${target}`
}

function objectionOfRooms(from: string, to: string): string | undefined {
  const [room, target] = [roomOf(from), roomOf(to)]
  const allowed = ROOM_MAY_IMPORT[room]
  if (allowed === undefined) return `${from} is in no known room`
  if (target === room || allowed.includes(target)) return undefined
  return `${from} → ${to}: the room ${room} may import ${['itself', ...allowed].join(', ')}, not ${target}`
}

/** The folder under src/ui. */
function roomOf(path: string): string {
  return path.split('/')[2] ?? ''
}

/** The folder under src, `worker`, or the file's own name when it stands in src itself. */
function layerOf(path: string): string {
  const [first = '', second = ''] = relative('.', path).split(sep)
  return first === 'src' ? second : first
}
