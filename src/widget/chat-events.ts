import type { LoadedModel, LoadProgress, RunEvent, Usage } from '../core/engine.ts'
import type { ReflectionError } from '../core/errors.ts'
import type { FinishReason } from '../core/tags/tag-event.ts'

/** What a `<reflection-chat>` tells the page around: `details` of its events, by their names. All of them bubble and leave shadow trees. */
export interface ReflectionChatEventMap {
  /** The model is loaded: replies begin at once. */
  'reflection-ready': CustomEvent<LoadedModel>
  /** How loading goes. */
  'reflection-progress': CustomEvent<LoadProgress>
  /** Every event of the parser and the engine, of the reply with this id. */
  'reflection-event': CustomEvent<{ readonly replyId: string; readonly event: RunEvent }>
  /** A reply has ended, however it did. */
  'reflection-message': CustomEvent<ReflectionReply>
  /** What went wrong, with its code: loading, a reply, storage, a value that makes no sense. */
  'reflection-error': CustomEvent<ReflectionError>
}

/** A reply that has ended. */
export interface ReflectionReply {
  readonly id: string
  readonly question: string
  /** What the model says to the user. */
  readonly answer: string
  /** All that it wrote, tags and thinking included. */
  readonly raw: string
  readonly status: 'complete' | 'interrupted' | 'failed'
  readonly finishReason?: FinishReason
  readonly usage?: Usage
}
