import type { ChannelTokens } from './engine.ts'

export const NO_TOKENS: ChannelTokens = { thinking: 0, reflection: 0, output: 0, markup: 0 }

export function addTokens(one: ChannelTokens, other: ChannelTokens): ChannelTokens {
  return {
    thinking: one.thinking + other.thinking,
    reflection: one.reflection + other.reflection,
    output: one.output + other.output,
    markup: one.markup + other.markup,
  }
}

export function subtractTokens(from: ChannelTokens, less: ChannelTokens): ChannelTokens {
  return {
    thinking: from.thinking - less.thinking,
    reflection: from.reflection - less.reflection,
    output: from.output - less.output,
    markup: from.markup - less.markup,
  }
}
