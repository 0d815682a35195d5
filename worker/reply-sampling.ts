import type { PromptEncoder } from '../src/core/chat/encode-prompt.ts'
import type { GenerateOptions } from '../src/core/engine.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { selfCheckToken } from './self-check.ts'
import type { Sampling } from './token-model.ts'

/** How the tokens of a reply are drawn: while the model thinks, the self-check dial weighs on one of them. */
export interface ReplySampling {
  readonly thinking: Sampling
  readonly otherwise: Sampling
}

/** What was asked for, and where nothing was, what the model's description says. */
export function replySampling(
  description: ModelDescription,
  encoder: PromptEncoder,
  { temperature, topP, selfCheck }: GenerateOptions,
): ReplySampling {
  const plain: Sampling = {
    temperature: temperature ?? description.sampling.temperature,
    topP: topP ?? description.sampling.topP,
  }
  const dial = selfCheckToken(description, encoder, selfCheck)
  return { otherwise: plain, thinking: dial === undefined ? plain : { ...plain, bias: { [dial.id]: dial.bias } } }
}
