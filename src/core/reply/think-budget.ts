import type { ReplyPlace } from './reply-place.ts'

/** Why the engine opened the answer itself. */
export type AnswerCause = 'think-budget' | 'answer-now'

/** Decides when a reply's thinking has to end. It speaks once a reply: what comes after it is the model's. */
export interface ThinkBudget {
  /**
   * Why the answer has to be opened now; undefined while the model may go on as it likes.
   * @param answerNow Whether someone wants the answer at once.
   */
  reasonToAnswer(place: ReplyPlace, answerNow: boolean): AnswerCause | undefined
}

/** @param tokens Most tokens of thinking, reflections included; `Infinity` for no limit. */
export function createThinkBudget(tokens: number): ThinkBudget {
  let hasSpoken = false

  return {
    reasonToAnswer(place, answerNow) {
      if (hasSpoken || !isBeforeAnswer(place)) return undefined
      const spent = place.tokens.thinking + place.tokens.reflection
      const cause = answerNow ? 'answer-now' : spent >= tokens ? 'think-budget' : undefined
      hasSpoken = cause !== undefined
      return cause
    },
  }
}

/** At the very beginning of a reply or inside its thinking. Between the thinking and the answer the model opens it by itself. */
function isBeforeAnswer({ open, hasText, isEmpty }: ReplyPlace): boolean {
  return !hasText && (open.length > 0 || isEmpty)
}
