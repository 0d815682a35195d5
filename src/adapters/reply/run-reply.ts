import type {
  Engine,
  GenerateControl,
  GenerateRequest,
  RunEvent,
  RunNotice,
  TokenLogprob,
  Usage,
} from '../../core/engine.ts'
import { createReplyFold } from '../../core/reply/fold-reply.ts'
import { textsOf, type ReplyTexts } from '../../core/reply/reply-texts.ts'
import type { FinishReason, TagEvent } from '../../core/tags/tag-event.ts'
import { createReplyPieces, type Channel, type ReplyPiece } from './reply-pieces.ts'
import { createStopTexts } from './stop-texts.ts'

export interface RunReplyControl extends GenerateControl {
  /** Texts of which the first one that comes up in the answer ends it, and is no part of it. */
  readonly stop?: readonly string[]
  /** Sees every event of the run, as it comes. */
  readonly onEvents?: (events: readonly RunEvent[]) => void
}

/** What comes of a run, in order; the last is `finish`. */
export type RunPiece =
  | ReplyPiece
  | { readonly type: 'logprobs'; readonly tokens: readonly TokenLogprob[] }
  | ({ readonly type: 'finish' } & ReplyEnd)

/** A part of a reply, whole. */
export interface WholePart {
  readonly channel: Channel
  /** Without white space around it, but for that with which an answer goes on. */
  readonly text: string
}

export interface ReplyEnd {
  /** `abort` when the caller's signal ended it; a stop text ends it with `stop`. */
  readonly reason: FinishReason
  /** The stop text that ended it. */
  readonly stopText?: string
  /** Absent when the run was ended before it could be counted. */
  readonly usage?: Usage
  /** What the model wrote, tags and all. */
  readonly raw: string
  readonly parts: readonly WholePart[]
  readonly texts: ReplyTexts
}

/**
 * A reply as one thing: how it ended, and the log probabilities of its tokens where they were asked for.
 * @returns `end` is undefined for a run that told no end.
 * @throws As `runReply`.
 */
export async function wholeReply(
  engine: Engine,
  request: GenerateRequest,
  control: RunReplyControl,
): Promise<{ readonly end: ReplyEnd | undefined; readonly logprobs: readonly TokenLogprob[] }> {
  const logprobs: TokenLogprob[] = []
  let end: ReplyEnd | undefined
  for await (const pieces of runReply(engine, request, control)) {
    for (const piece of pieces) {
      if (piece.type === 'logprobs') logprobs.push(...piece.tokens)
      if (piece.type === 'finish') end = piece
    }
  }
  return { end, logprobs }
}

/**
 * Lets an engine reply, and hands the reply over in flat pieces, some at a time. Whoever reads slowly does not hold the model up: what it
 * wrote waits here. Leaving the loop ends the run.
 * @throws What `Engine.generate` throws, but not the reason of the caller's signal: an aborted run ends with a `finish` of reason `abort`.
 */
export async function* runReply(
  engine: Engine,
  request: GenerateRequest,
  { signal, answerNow, stop = [], onEvents }: RunReplyControl = {},
): AsyncGenerator<readonly RunPiece[], void, undefined> {
  let waiting: RunPiece[] = []
  let wake: () => void = () => undefined
  const leaving = new AbortController()
  const stops = createStopTexts(stop)
  const fold = createReplyFold()
  const raw: string[] = []
  let usage: Usage | undefined
  let reason: FinishReason = 'abort'

  const goesOn = request.messages.at(-1)?.role === 'assistant'
  const pieces = createReplyPieces((piece) => {
    if (piece.channel !== 'output') waiting.push(piece)
    else addAnswer(piece)
  }, goesOn)

  /** The answer's part may end, or never begin, because of a stop text. */
  let answer: Extract<ReplyPiece, { type: 'part-start' }> | undefined
  let isAnswerTold = false
  function addAnswer(piece: ReplyPiece): void {
    if (piece.type === 'part-start') {
      answer = piece
      isAnswerTold = false
    } else if (piece.type === 'part-delta') {
      tellAnswer(stops.push(piece.delta))
      if (stops.found !== undefined) leaving.abort(new DOMException('A stop text has come up.', 'AbortError'))
    } else {
      tellAnswer(stops.flush())
      if (isAnswerTold) waiting.push(piece)
      answer = undefined
    }
  }
  function tellAnswer(delta: string): void {
    if (delta === '' || answer === undefined) return
    if (!isAnswerTold) waiting.push(answer)
    isAnswerTold = true
    waiting.push({ ...answer, type: 'part-delta', delta })
  }

  function add(event: RunEvent): void {
    if (event.type === 'usage') usage = event.usage
    if (event.type === 'finish') reason = event.reason
    if (event.type === 'logprobs') {
      if (stops.found === undefined) waiting.push(event)
      return
    }
    if (isTagEvent(event)) {
      if ('delta' in event) raw.push(event.delta)
      else if (event.type === 'markup') raw.push(event.raw)
      fold.add(event)
    }
    pieces.add(event)
  }

  const control: GenerateControl = {
    signal: signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]),
    ...(answerNow === undefined ? {} : { answerNow }),
  }
  let failure: { readonly error: unknown } | undefined
  let isOver = false
  const work = engine
    .generate(
      request,
      (events) => {
        onEvents?.(events)
        events.forEach(add)
        wake()
      },
      control,
    )
    .then(
      (counted) => void (usage = counted),
      (error: unknown) => void (failure = { error }),
    )
    .finally(() => {
      isOver = true
      wake()
    })

  try {
    for (;;) {
      if (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      const batch = waiting
      waiting = []
      if (batch.length > 0) yield batch
      if (isOver && waiting.length === 0) break
    }
    pieces.end()
    const isCut = stops.found !== undefined
    if (failure !== undefined && !isCut && signal?.aborted !== true) throw failure.error
    const text = raw.join('')
    const parted = { text, parts: fold.parts() }
    yield [
      ...waiting,
      {
        type: 'finish',
        ...endOf(
          text,
          parted.parts.map(({ channel, start, end }) => {
            const piece = text.slice(start, end)
            const joins = goesOn && channel === 'output' && start === 0
            return { channel, text: joins ? piece.trimEnd() : piece.trim() }
          }),
          textsOf(parted),
        ),
      },
    ]
  } finally {
    leaving.abort(new DOMException('Nobody reads the reply any more.', 'AbortError'))
    await work
  }

  function endOf(text: string, parts: readonly WholePart[], texts: ReplyTexts): ReplyEnd {
    const stopText = stops.found
    if (stopText !== undefined) reason = 'stop'
    const cut = cutAnswer(parts, stopText)
    return {
      reason,
      ...(stopText === undefined ? {} : { stopText }),
      ...(usage === undefined ? {} : { usage: { ...usage, finishReason: reason } }),
      raw: text,
      parts: cut,
      texts: { ...texts, output: joinParts(cut, 'output') },
    }
  }
}

/** The parts of a channel, a line each. */
export function joinParts(parts: readonly WholePart[], ...channels: readonly Channel[]): string {
  return parts
    .filter(({ channel }) => channels.includes(channel))
    .map(({ text }) => text)
    .join('\n')
}

function cutAnswer(parts: readonly WholePart[], stop: string | undefined): readonly WholePart[] {
  if (stop === undefined) return parts
  const kept: WholePart[] = []
  for (const part of parts) {
    const at = part.channel === 'output' ? part.text.indexOf(stop) : -1
    if (at < 0) {
      kept.push(part)
      continue
    }
    const text = part.text.slice(0, at)
    return text.trim() === '' ? kept : [...kept, { ...part, text }]
  }
  return kept
}

/** Events that are not the parser's. */
const NOTICES: ReadonlySet<string> = new Set<RunNotice['type']>([
  'prompt',
  'answer-forced',
  'progress',
  'checkpoint',
  'usage',
  'logprobs',
])

function isTagEvent(event: RunEvent): event is TagEvent {
  return !NOTICES.has(event.type)
}
