import type { PromptEncoder } from '../src/core/chat/encode-prompt.ts'
import type { ModelDescription, SelfCheck } from '../src/core/models/model-description.ts'
import { selfCheckNudge } from '../src/core/models/self-check-nudge.ts'

/** The dial as a bias on one token. */
export interface SelfCheckToken {
  readonly id: number
  readonly bias: number
}

/**
 * The token by which the dial works, and what to add to its logit while the model thinks. Undefined when the dial stands in the middle, or
 * where the model spells the tag with several tokens.
 */
export function selfCheckToken(
  model: ModelDescription,
  encoder: PromptEncoder,
  dial: SelfCheck = 'normal',
): SelfCheckToken | undefined {
  const nudge = selfCheckNudge(model, dial)
  if (nudge === undefined) return undefined
  const [id, ...more] = encoder.encodeTag(nudge.tag)
  return id === undefined || more.length > 0 ? undefined : { id, bias: nudge.bias }
}
