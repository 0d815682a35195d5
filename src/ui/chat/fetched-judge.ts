import { countChecks, type ReasoningStep } from '../../core/reply/arrange-reply.ts'
import type * as Judge from '../../core/reply/judge-check.ts'

let judge: typeof Judge | undefined

/** Fetches what judges checks. It comes with what renders answers, because an empty chat has no check. */
export async function fetchJudge(): Promise<void> {
  judge ??= await import('../../core/reply/judge-check.ts')
}

/** Whether checks are judged by now. */
export function isJudgeHere(): boolean {
  return judge !== undefined
}

/** As in `judge-check.ts`; nothing is known of a check as long as that is not here. */
export function judgeCheck(check: string, checked: string): Judge.CheckFinding {
  return judge?.judgeCheck(check, checked) ?? { verdict: 'unknown', reason: check.trim() }
}

/** As in `judge-check.ts`; none is known to have corrected something as long as that is not here. */
export function countFindings(steps: readonly ReasoningStep[]): {
  readonly checks: number
  readonly corrected: number
} {
  return judge?.countFindings(steps) ?? { checks: countChecks(steps), corrected: 0 }
}
