import type { GenerateOptions } from '../../core/engine.ts'

/** How much a model shall think, in the words of other interfaces. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type Effort = (typeof EFFORTS)[number]

/**
 * What each word means here: a budget in tokens of thinking, and how readily the model checks itself. `medium` is what a page asks for
 * that says nothing; a budget above a model's habit changes nothing.
 */
const MEANINGS: Readonly<Record<Effort, Pick<GenerateOptions, 'thinkBudget' | 'selfCheck'>>> = {
  none: { thinkBudget: 0, selfCheck: 'never' },
  minimal: { thinkBudget: 64, selfCheck: 'less' },
  low: { thinkBudget: 512, selfCheck: 'less' },
  medium: {},
  high: { selfCheck: 'more', thinkBudget: 16_384 },
  xhigh: { selfCheck: 'more', thinkBudget: 65_536 },
  max: { selfCheck: 'more' },
}

export function optionsOfEffort(effort: Effort): Pick<GenerateOptions, 'thinkBudget' | 'selfCheck'> {
  return MEANINGS[effort]
}
