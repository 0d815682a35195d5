import { countChecks, type ReasoningStep } from '../../core/reply/arrange-reply.ts'
import type * as Judge from '../../core/reply/judge-check.ts'
import type * as Timeline from './timeline.ts'

let judge: typeof Judge | undefined
let timeline: typeof Timeline.timeline | undefined

/** Fetches what judges checks and shows them. It comes with what renders answers, because an empty chat has no check. */
export async function fetchReasoning(): Promise<void> {
  const parts = await Promise.all([import('../../core/reply/judge-check.ts'), import('./timeline.ts')])
  judge = parts[0]
  timeline = parts[1].timeline
}

/** What shows steps and their checks; undefined as long as that is not here. */
export function fetchedTimeline(): typeof Timeline.timeline | undefined {
  return timeline
}

/** As in `judge-check.ts`; none is known to have corrected something as long as that is not here. */
export function countFindings(steps: readonly ReasoningStep[]): {
  readonly checks: number
  readonly corrected: number
} {
  return judge?.countFindings(steps) ?? { checks: countChecks(steps), corrected: 0 }
}
