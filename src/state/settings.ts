import { systemPrompt } from '../core/chat/system-prompt.ts'
import type { GenerateOptions } from '../core/engine.ts'
import type { ModelDescription, SelfCheck } from '../core/models/model-description.ts'
import type { NumberOption } from '../core/option-ranges.ts'

/** What the user can choose about replies. */
export interface ChatSettings {
  /** Absent for the model's own; `OPTION_RANGES` says what it and the numbers below may be. */
  readonly temperature?: number
  /** Absent for the model's own. */
  readonly topP?: number
  /** Most tokens of a reply; absent for what the window leaves. */
  readonly maxTokens?: number
  /** Tokens of thinking; absent for no limit. */
  readonly thinkBudget?: number
  readonly selfCheck: SelfCheck
  /** Ends each message with "Think carefully." */
  readonly thinkCarefully: boolean
  /** Whether the Reflection system prompt is used. */
  readonly reflect: boolean
  /** The user's own instructions; empty for none. */
  readonly instructions: string
  readonly pastThinking: 'keep' | 'drop'
}

export const DEFAULT_SETTINGS: ChatSettings = {
  selfCheck: 'normal',
  thinkCarefully: false,
  reflect: true,
  instructions: '',
  pastThinking: 'keep',
}

/** Settings that are numbers, or absent for what the model or its window gives. */
export type NumberSetting = Exclude<NumberOption, 'seed' | 'logprobs'>

/** The settings with one number changed; undefined takes it away. */
export function withNumber(settings: ChatSettings, name: NumberSetting, value: number | undefined): ChatSettings {
  const changed: { -readonly [Key in keyof ChatSettings]: ChatSettings[Key] } = { ...settings }
  if (value === undefined) delete changed[name]
  else changed[name] = value
  return changed
}

/**
 * The system prompt for a model; empty for none. Models that mark no answer do not know the Reflection prompt's tags.
 * @param ofChat - Instructions of the chat itself, which take the place of those in the settings.
 */
export function systemPromptFor(
  { reflect, instructions }: ChatSettings,
  { dialect }: ModelDescription,
  ofChat = instructions,
): string {
  return systemPrompt({ reflect: reflect && dialect.output !== undefined, custom: ofChat }) ?? ''
}

export function optionsFor({
  temperature,
  topP,
  maxTokens,
  thinkBudget,
  selfCheck,
  pastThinking,
}: ChatSettings): GenerateOptions {
  return {
    selfCheck,
    pastThinking,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(thinkBudget === undefined ? {} : { thinkBudget }),
  }
}
