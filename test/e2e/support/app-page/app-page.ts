/**
 * The whole page with an engine that plays what the address says. `?play=` names recordings of the real model, in the order of the
 * runs; `&reply=` is a raw reply instead, in which `{9:text}` stands for nine times that text, and which `&finish=length` stops for length and `&rest=` goes on; `&pace=` milliseconds between two pieces (else they come as fast as the page takes them), `&piece=` their characters; `&hold=` after how many pieces it waits for ever;
 * `&wait=` after how many pieces of each reply it waits until that is stopped, or `resumeEngine` called;
 * `&fail=` the code of the error that ends each reply, or `&loadFail=` the load; `&loading=hold` never finishes it;
 * `&gpu=missing` the browser has no WebGPU, `&gpu=small` the GPU is too limited.
 * `&chats=` and `&messages=` put that many chats, or one chat of that many messages, into the store first.
 */
import axeUrl from 'axe-core/axe.min.js?url'
import { startApp } from '../../../../src/app/start-app.ts'
import type { Capabilities, Engine, LoadProgress } from '../../../../src/core/engine.ts'
import { ReflectionError, type ErrorCode } from '../../../../src/core/errors.ts'
import { openConversationStore } from '../../../../src/storage/open-conversation-store.ts'
import { manyChats, longChat } from '../../../fakes/many-chats.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Recording } from '../../../fakes/scripted-engine.ts'
import corrects from '../../../fixtures/streams/corrects.json'
import counts from '../../../fixtures/streams/counts.json'
import decimals from '../../../fixtures/streams/decimals.json'
import greets from '../../../fixtures/streams/greets.json'

const RECORDINGS: Readonly<Record<string, unknown>> = { corrects, counts, decimals, greets }

const query = new URLSearchParams(location.search)
const text = (name: string) => query.get(name) ?? undefined
const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise)

const DOWNLOAD: LoadProgress = {
  phase: 'download',
  share: 0.4,
  bytes: 2_280_000,
  totalBytes: 5_700_000,
  bytesPerSecond: 1_400_000,
  secondsLeft: 2.4,
}

const DEVICES: Readonly<Record<string, Partial<Capabilities>>> = {
  usual: {
    adapter: { name: 'Scripted GPU', vendor: 'scripted', architecture: '', isFallback: false },
    deviceMemoryBytes: 8 * 2 ** 30,
    storage: { quotaBytes: 300e9, usedBytes: 6e6 },
  },
  missing: { webgpu: 'missing' },
  small: { limits: { maxBufferSize: 2 ** 26 } },
}

/** Replies that are too long for an address have parts that are repeated. */
function wholeReply(short: string): string {
  return short.replaceAll(/\{(\d+):([^{}]*)\}/g, (_, times: string, part: string) => part.repeat(Number(times)))
}

function failure(code: string | undefined): { error: ReflectionError } | Record<string, never> {
  if (code === undefined) return {}
  return { error: new ReflectionError(code as ErrorCode, 'The script of this test wants it so. Try again.') }
}

const hold = number('hold', Infinity)
let wait = number('wait', Infinity)
const milliseconds = number('pace', 0)
let steps = 0
/** The raw reply that is being written. */
let written = ''
let isHeld = false
let pieces = 0
let piecesOfReply = 0
let goOn = () => {}
let isLoaded = false

function pace(): Promise<void> {
  if (!isLoaded && text('loading') === 'hold' && ++steps > 1) return new Promise(() => undefined)
  if (engine.state.status === 'running' && ++pieces > hold) {
    isHeld = true
    return new Promise(() => undefined)
  }
  if (engine.state.status === 'running' && ++piecesOfReply > wait) return new Promise((resolve) => (goOn = resolve))
  if (milliseconds === 0) return nextTask()
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Another task, without the 4 ms that timers wait: a reply then takes some frames, not some dozens, each of which is drawn. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.addEventListener('message', () => resolve(), { once: true })
    port1.start()
    port2.postMessage(undefined)
  })
}

const recordings = (text('play') ?? 'corrects').split(',').map((name) => RECORDINGS[name] as Recording)
const engine = createScriptedEngine({
  pace,
  ...(text('piece') !== undefined && { pieceLength: number('piece', 0) }),
  capabilities: DEVICES[text('gpu') ?? 'usual'] ?? {},
  loading: [DOWNLOAD],
  loadErrors: [failure(text('loadFail')).error],
  replies:
    text('reply') === undefined
      ? recordings.map((recording) => ({ text: '', recording }))
      : [
          {
            text: wholeReply(text('reply') ?? ''),
            finishReason: text('finish') === 'length' ? 'length' : 'stop',
            ...failure(text('fail')),
          },
          ...(text('rest') === undefined ? [] : [text('rest') ?? '']),
        ],
})
engine.subscribe(({ status }) => (isLoaded ||= status === 'ready'))

const generate: Engine['generate'] = (request, sink, control) => {
  const last = request.messages.at(-1)
  written = last?.role === 'assistant' ? last.content : ''
  piecesOfReply = 0
  control?.signal?.addEventListener('abort', () => goOn())
  const note: typeof sink = (batch) => {
    for (const event of batch) written += 'delta' in event ? event.delta : 'raw' in event ? event.raw : ''
    sink(batch)
  }
  return engine.generate(request, note, control)
}
const notedEngine: Engine = Object.create(engine, { generate: { value: generate } })

const store = openConversationStore()
for (const chat of manyChats(number('chats', 0))) await store.save(chat)
const messages = number('messages', 0)
if (messages > 0) await store.save(longChat(messages))
Object.assign(globalThis, {
  axeUrl, // the browser keeps what it made of this script, which it cannot of one that a test hands over
  crashEngine: () => engine.crash(),
  heldReply: () => (isHeld ? written : undefined),
  resumeEngine() {
    wait = Infinity
    goOn()
  },
})

const root = document.querySelector<HTMLElement>('#app')
if (root !== null) await startApp(root, notedEngine, async () => SCRIPTED_MODEL)
