import type { ChannelTokens, RunEvent, TokenLogprob } from '../src/core/engine.ts'
import { logprobsOf } from './token-logprobs.ts'

/** Watches the draws of a reply and tells how likely the tokens of its answer were. */
export interface AnswerLogprobs {
  /** Shown the logits of a draw, before it. */
  look(logits: Float32Array): void
  /** Told what was drawn, once the reply has it. */
  took(id: number): void
}

export interface AnswerLogprobsOptions {
  /** Of the likeliest tokens to tell. */
  readonly count: number
  readonly textOf: (id: number) => string
  /** Of the reply so far, by channel. */
  readonly tokens: () => ChannelTokens
  readonly emit: (event: RunEvent) => void
}

export function createAnswerLogprobs({ count, textOf, tokens, emit }: AnswerLogprobsOptions): AnswerLogprobs {
  let logits = new Float32Array()
  let known = { ...tokens() }
  let waiting: TokenLogprob[] = [] // their channel is known only when more has come, as with half a tag

  return {
    look: (shown) => void (logits = Float32Array.from(shown)),
    took(id) {
      waiting.push(logprobsOf(logits, id, count, textOf))
      const now = { ...tokens() }
      const isAnswer = now.output > known.output
      const isOther = now.thinking > known.thinking || now.reflection > known.reflection || now.markup > known.markup
      if (!isAnswer && !isOther) return
      if (isAnswer) emit({ type: 'logprobs', tokens: waiting })
      waiting = []
      known = now
    },
  }
}
