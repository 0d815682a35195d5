import type { ModelDescription, SelfCheck, SelfCheckBias } from './model-description.ts'

/** For models whose dial was never calibrated: `never` is certain, the others a nudge. */
const UNCALIBRATED: SelfCheckBias = { never: -100, less: -2, normal: 0, more: 2 }

/** The dial as a bias on one tag. */
export interface SelfCheckNudge {
  readonly tag: string
  readonly bias: number
}

/**
 * The tag by which the dial works, and what to add to the logit of its token: the tag that opens a reflection; for dialects without
 * reflections the tag that closes the thinking, in the other direction. Undefined when the dial stands in the middle.
 */
export function selfCheckNudge(
  { dialect, selfCheckBias }: Pick<ModelDescription, 'dialect' | 'selfCheckBias'>,
  dial: SelfCheck = 'normal',
): SelfCheckNudge | undefined {
  const { thinking, reflection } = dialect
  const bias = (selfCheckBias ?? UNCALIBRATED)[dial]
  if (bias === 0) return undefined
  const turned = reflection === undefined && selfCheckBias === undefined ? -bias : bias
  return { tag: reflection === undefined ? `</${thinking}>` : `<${reflection}>`, bias: turned }
}
