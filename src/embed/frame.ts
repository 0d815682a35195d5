/** The page `embed.html`: a chat in an iframe of another site, which may speak to it if this one says so. */
import { isRecord } from '../core/check-data.ts'
import { ReflectionError } from '../core/errors.ts'
import { readToEmbed, seal, type EmbedOptions, type FromEmbed, type ToEmbed } from '../protocol/embed-messages.ts'
import { setServedFolder } from '../client/served-files.ts'
import '../widget/define.ts'

const HERE = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1)
const EVENTS = ['ready', 'progress', 'event', 'message', 'error'].map((name) => `reflection-${name}` as const)

setServedFolder(HERE)

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

const style = new CSSStyleSheet()
style.replaceSync('html, body { height: 100%; margin: 0 } reflection-chat { height: 100% }')
document.adoptedStyleSheets = [style]

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

function apply({ preload, systemPrompt, suggestions, sampling, ...attributes }: EmbedOptions): void {
  for (const [name, value] of Object.entries(attributes)) chat.setAttribute(name, value)
  if (systemPrompt !== undefined) chat.systemPrompt = systemPrompt
  if (suggestions !== undefined) chat.suggestions = suggestions
  if (preload !== undefined) chat.preload = preload
  if (sampling === undefined) return
  try {
    chat.sampling = sampling
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
  if (message === undefined) return
  if (!(await origins).has(origin)) {
    console.warn(
      `${origin} may not use this chat. Its site can allow it: npx second-thought assets … --origin ${origin}`,
    )
    return
  }
  if (message.type === 'hello') host ??= origin
  if (origin === host) obey(message)
})

document.body.append(chat)
