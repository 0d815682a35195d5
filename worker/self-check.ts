import type { PromptEncoder } from '../src/core/chat/encode-prompt.ts'
import type { ModelDescription, SelfCheck, SelfCheckBias } from '../src/core/models/model-description.ts'

/** For models whose dial was never calibrated: `never` is certain, the others a nudge. */
const UNCALIBRATED: SelfCheckBias = { never: -100, less: -2, normal: 0, more: 2 }

/** The dial as a bias on one token. */
export interface SelfCheckToken {
  readonly id: number
  readonly bias: number
}

/**
 * The token by which the dial works, and what to add to its logit while the model thinks: the tag that opens a reflection; for
 * dialects without reflections the tag that closes the thinking, in the other direction. Undefined when the dial stands in the
 * middle, or where the model spells the tag with several tokens.
 */
export function selfCheckToken(
  model: ModelDescription,
  encoder: PromptEncoder,
  dial: SelfCheck = 'normal',
): SelfCheckToken | undefined {
  const { thinking, reflection } = model.dialect
  const [id, ...more] = encoder.encodeTag(reflection === undefined ? `</${thinking}>` : `<${reflection}>`)
  if (id === undefined || more.length > 0) return undefined
  const bias = (model.selfCheckBias ?? UNCALIBRATED)[dial]
  if (bias === 0) return undefined
  return { id, bias: reflection === undefined && model.selfCheckBias === undefined ? -bias : bias }
}
