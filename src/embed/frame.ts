/** The page `embed.html`: a chat in an iframe of another site, which may speak to it if this one says so. */
import { isRecord } from '../core/check-data.ts'
import { ReflectionError } from '../core/errors.ts'
import {
  problemToEmbed,
  readToEmbed,
  seal,
  type EmbedOptions,
  type FromEmbed,
  type ToEmbed,
} from '../protocol/embed-messages.ts'
import { setServedFolder } from '../client/served-files.ts'
import { languageOf } from '../ui/words/locales.ts'
import '../widget/define.ts'
import { applyOptions } from './apply-options.ts'
import { canAskForStorage } from './site-models.ts'

const HERE = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1)
const EVENTS = ['ready', 'progress', 'event', 'message', 'error'].map((name) => `reflection-${name}` as const)

setServedFolder(HERE)
document.documentElement.lang = languageOf(undefined) // of the browser, unless the page around says another

/** Origins that `embed.json` names, and this one. */
const origins = fetch(new URL('embed.json', HERE), { cache: 'no-cache' })
  .then(async (response) => readOrigins(response.ok ? await response.json() : undefined))
  .catch(() => readOrigins(undefined))

function readOrigins(list: unknown): ReadonlySet<string> {
  const named: unknown = isRecord(list) ? list['origins'] : undefined
  const texts = Array.isArray(named) ? named.filter((origin) => typeof origin === 'string') : []
  return new Set([location.origin, ...texts])
}

const chat = document.createElement('reflection-chat')
let host: string | undefined // the origin that said hello; nothing is sent before, nor to another
let refused: string | undefined

const style = new CSSStyleSheet()
style.replaceSync(`
html, body { height: 100%; margin: 0 }
reflection-chat { height: 100% }
.offer {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: var(--space-2) var(--space-4);
  padding: var(--space-2) var(--space-4); border-block-end: 1px solid var(--line); color: var(--text-quiet); font-size: var(--size-fine);
}
.offer p { flex: 1 1 16rem; margin: 0 }
.offer button {
  min-height: var(--tap); padding: var(--space-1) var(--space-3); border: 1px solid var(--line-strong); border-radius: var(--radius);
  background: none; color: var(--text); font: inherit; cursor: pointer;
}
.offer button:hover { background: var(--hover) }
.offer button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.offer button:disabled { color: var(--text-quiet); cursor: default }
`)
document.adoptedStyleSheets = [style]

let offering = Promise.resolve()

/** Few browsers can be asked for what this site keeps; what offers it is fetched in these alone. */
function offer(): void {
  if (!canAskForStorage()) return
  offering = offering
    .then(async () => (await import('./offer-models.ts')).offerModels(chat))
    .catch((error: unknown) => console.warn(error)) // the chat works without
}

function send(message: FromEmbed): void {
  if (host !== undefined) parent.postMessage(seal(message), host)
}

for (const name of EVENTS) {
  chat.addEventListener(name, (event: Event) => {
    const { detail } = event as CustomEvent<unknown>
    send({ type: 'event', name, detail: ReflectionError.is(detail) ? plain(detail) : detail })
  })
}

function plain({ code, message }: ReflectionError): { code: string; message: string } {
  return { code, message }
}

function apply(options: EmbedOptions): void {
  try {
    applyOptions(chat, options)
  } catch (error) {
    send({ type: 'event', name: 'reflection-error', detail: plain(ReflectionError.from(error)) })
  }
}

async function answer(id: number, work: Promise<string>): Promise<void> {
  try {
    send({ type: 'done', id, value: await work })
  } catch (error) {
    send({ type: 'failed', id, ...plain(ReflectionError.from(error)) })
  }
}

function obey(message: ToEmbed): void {
  switch (message.type) {
    case 'hello':
      apply(message.options)
      offer() // of another model perhaps, in another language
      return send({ type: 'welcome' })
    case 'ask':
      return void answer(message.id, chat.ask(message.question))
    case 'export':
      return void answer(message.id, chat.export(message.format))
    case 'stop':
    case 'clear':
    case 'focus':
      return chat[message.type]()
  }
}

addEventListener('message', async ({ source, origin, data }: MessageEvent<unknown>) => {
  if (source !== parent || parent === globalThis.window) return
  const message = readToEmbed(data)
  const problem = message === undefined ? problemToEmbed(data) : undefined
  if (message === undefined && problem === undefined) return // it is for somebody else
  if (!(await origins).has(origin)) {
    if (refused === origin) return
    refused = origin // told once, however much it sends
    console.warn(
      `${origin} may not use this chat. Its site can allow it: npx second-thought assets … --origin ${origin}`,
    )
    return
  }
  if (message === undefined) return console.warn(`A message of ${origin} to this chat was not understood: ${problem}`)
  if (message.type === 'hello') host ??= origin
  if (origin === host) obey(message)
})

document.body.append(chat)
offer()
