import { systemPrompt } from '../../../src/core/chat/system-prompt.ts'
import type {
  ChatMessage,
  Engine,
  GenerateControl,
  GenerateOptions,
  RunEvent,
  Usage,
} from '../../../src/core/engine.ts'
import { expectOrder } from '../../unit/adapters/support/expect-order.ts'

/** A problem that the embedded model thinks about, and which it checks of itself. */
export const PROBLEM = 'What is 47 * 38?'

/** Another, about which it thinks in a third of the tokens, as a software GPU takes its time for each. It checks it where the dial says more. */
export const SHORT_PROBLEM = 'How many r are in "strawberry"?'

/** What stands before every question. */
export const SYSTEM: ChatMessage = { role: 'system', content: systemPrompt({ reflect: true }) ?? '' }

export function user(content: string): ChatMessage {
  return { role: 'user', content }
}

export interface EngineReply {
  readonly events: readonly RunEvent[]
  readonly raw: string
  readonly usage: Usage
}

/**
 * A greedy reply, or what the options say. Whatever the run is about, its events have the order that every engine promises; those of one
 * that goes on with a reply may end what an earlier run began.
 */
export async function askEngine(
  engine: Engine,
  messages: readonly ChatMessage[],
  options: GenerateOptions = {},
  control: GenerateControl = {},
  onEvent: (event: RunEvent) => void = () => undefined,
): Promise<EngineReply> {
  const events: RunEvent[] = []
  const request = { messages: [SYSTEM, ...messages], options: { temperature: 0, ...options } }
  const sink = (batch: readonly RunEvent[]) => {
    events.push(...batch)
    batch.forEach(onEvent)
  }
  const goesOn = messages.at(-1)?.role === 'assistant'
  const usage = await engine.generate(request, sink, control).finally(() => goesOn || expectOrder(events))
  return { events, raw: rawOf(events), usage }
}

/** What the events of a run carry of the raw reply. */
export function rawOf(events: readonly RunEvent[]): string {
  return events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')
}
