/** The public entry `./embed`, and `embed.js` among the assets: puts a chat of another site into this page. No dependency. */
import { ERROR_CODES, ReflectionError, type ErrorCode } from '../core/errors.ts'
import { problemToEmbed, readFromEmbed, seal, type EmbedOptions, type ToEmbed } from '../protocol/embed-messages.ts'

export type { EmbedOptions } from '../protocol/embed-messages.ts'

/** A chat in an iframe. Its events are those of `<reflection-chat>`; the detail of `reflection-error` is plain data, `{ code, message }`. */
export interface EmbeddedChat extends EventTarget {
  readonly frame: HTMLIFrameElement
  /** Resolves when the chat has answered. It never does where its site does not allow this one; the frame's console says so. */
  readonly ready: Promise<void>
  /**
   * @throws {ReflectionError} What the chat failed with; `request-invalid` for a question of more than a million characters; `worker-died`
   * when it was removed meanwhile.
   */
  ask(question: string): Promise<string>
  export(format?: 'json' | 'markdown'): Promise<string>
  stop(): void
  clear(): void
  focus(): void
  /** Takes it out of the page. */
  remove(): void
}

/** Where the chat comes from, and what the page says about it. */
export interface EmbedPlace extends EmbedOptions {
  /** Address of `embed.html` on the site of the chat. Default: beside this script. */
  readonly address?: string | URL
  /** Name of the frame for screen readers. Default: `Chat`. */
  readonly title?: string
}

const HERE = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1)

interface Waiting {
  readonly resolve: (value: string) => void
  readonly reject: (error: ReflectionError) => void
}

/**
 * Puts a chat at the end of an element. The frame gets no style, not even a size: style it as any iframe.
 * @throws {ReflectionError} `request-invalid` for options that the chat would not understand.
 */
export function embedChat(parent: Element, place: EmbedPlace = {}): EmbeddedChat {
  const { address = `${HERE}embed.html`, title = 'Chat', ...others } = place
  const lang = others.lang ?? parent.closest('[lang]')?.getAttribute('lang')
  const options = lang ? { ...others, lang } : others
  const hello: ToEmbed = { type: 'hello', options }
  failUnlessRead(hello)
  const url = new URL(address, document.baseURI)
  const frame = document.createElement('iframe')
  frame.title = title
  // Its own origin is what it needs for storage and workers; its field is a form, which its own policy sends nowhere. It cannot navigate this page.
  // With a click of the visitor it may ask the browser for the models that its own site keeps.
  frame.setAttribute(
    'sandbox',
    'allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-storage-access-by-user-activation',
  )
  frame.allow = 'clipboard-write'
  frame.referrerPolicy = 'no-referrer'
  const waiting = new Map<number, Waiting>()
  const events = new EventTarget()
  const life = new AbortController()
  let lastId = 0
  let welcome: () => void = () => undefined
  const ready = new Promise<void>((resolve) => (welcome = resolve))

  const send = (message: ToEmbed) => frame.contentWindow?.postMessage(seal(message), url.origin)

  function request(message: (id: number) => ToEmbed): Promise<string> {
    return new Promise((resolve, reject) => {
      lastId += 1
      const id = lastId
      failUnlessRead(message(id))
      waiting.set(id, { resolve, reject })
      void ready.then(() => send(message(id)))
    })
  }

  function take(data: unknown): void {
    const message = readFromEmbed(data)
    if (message === undefined) return
    if (message.type === 'welcome') welcome()
    else if (message.type === 'event') events.dispatchEvent(new CustomEvent(message.name, { detail: message.detail }))
    else {
      const asked = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.type === 'done') asked?.resolve(message.value)
      else asked?.reject(new ReflectionError(codeOf(message.code), message.message))
    }
  }

  addEventListener(
    'message',
    ({ source, origin, data }: MessageEvent<unknown>) => {
      if (source === frame.contentWindow && source !== null && origin === url.origin) take(data)
    },
    { signal: life.signal },
  )
  frame.addEventListener('load', () => send(hello), { signal: life.signal })
  frame.src = url.href
  parent.append(frame)

  return Object.assign(events, {
    frame,
    ready,
    ask: (question: string) => request((id) => ({ type: 'ask', id, question })),
    export: (format: 'json' | 'markdown' = 'json') => request((id) => ({ type: 'export', id, format })),
    stop: () => send({ type: 'stop' }),
    clear: () => send({ type: 'clear' }),
    focus() {
      frame.focus()
      send({ type: 'focus' })
    },
    remove() {
      life.abort()
      frame.remove()
      for (const { reject } of waiting.values()) {
        reject(new ReflectionError('worker-died', 'The chat was taken out of the page.'))
      }
      waiting.clear()
    },
  })
}

/** The chat passes over what it cannot read, and its answer would never come. */
function failUnlessRead(message: ToEmbed): void {
  const problem = problemToEmbed(seal(message))
  if (problem !== undefined) throw new ReflectionError('request-invalid', problem)
}

function codeOf(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'unexpected'
}
