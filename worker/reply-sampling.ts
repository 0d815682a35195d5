import type { PromptEncoder } from '../src/core/chat/encode-prompt.ts'
import type { GenerateOptions } from '../src/core/engine.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { selfCheckToken } from './self-check.ts'
import type { Sampling, TokenModel } from './token-model.ts'

/** Biases that no logit makes up for. */
const NEVER = -100
const ALWAYS = 100

/** How the tokens of a reply are drawn: while the model thinks, the self-check dial weighs on one of them. */
export interface ReplySampling {
  readonly thinking: Sampling
  readonly otherwise: Sampling
  /** Of the first token, to which nothing is left but to open the thinking or the answer; absent where several tokens spell these tags. */
  readonly opening?: Sampling
  /** Of an answer that is held to a schema: what has a meaning of its own to the model, tags above all, can stand in no text of it. */
  readonly bound: Sampling
}

/** What was asked for, and where nothing was, what the model's description says. */
export function replySampling(
  description: ModelDescription,
  encoder: PromptEncoder,
  { temperature, topP, selfCheck }: GenerateOptions,
  { vocabulary, stopIds }: Pick<TokenModel, 'vocabulary' | 'stopIds'>,
): ReplySampling {
  const plain: Sampling = {
    temperature: temperature ?? description.sampling.temperature,
    topP: topP ?? description.sampling.topP,
  }
  const dial = selfCheckToken(description, encoder, selfCheck)
  const special = [...vocabulary.added.values()].filter((id) => !stopIds.has(id))
  const bound: Sampling = { ...plain, isBound: true, bias: Object.fromEntries(special.map((id) => [id, NEVER])) }
  const opening = openingIds(description, encoder)
  return {
    ...(opening === undefined
      ? {}
      : { opening: { ...plain, bias: Object.fromEntries(opening.map((id) => [id, ALWAYS])) } }),
    bound,
    otherwise: plain,
    thinking: dial === undefined ? plain : { ...plain, bias: { [dial.id]: dial.bias } },
  }
}

/** The tokens that open the thinking and the answer, if each is one. */
export function openingIds({ dialect }: ModelDescription, encoder: PromptEncoder): readonly number[] | undefined {
  if (dialect.output === undefined) return undefined
  const tags = [dialect.thinking, dialect.output].map((name) => encoder.encodeTag(`<${name}>`))
  return tags.every(({ length }) => length === 1) ? tags.flat() : undefined
}
