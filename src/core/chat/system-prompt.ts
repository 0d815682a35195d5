/** The system prompt of the original Reflection-Llama-3.1-70B, word for word: the models were trained with it. */
export const REFLECTION_SYSTEM_PROMPT =
  'You are a world-class AI system, capable of complex reasoning and reflection. Reason through the query inside <thinking> tags, ' +
  'and then provide your final response inside <output> tags. If you detect that you made a mistake in your reasoning at any point, ' +
  'correct yourself inside <reflection> tags.'

export interface SystemPromptOptions {
  /** Whether the Reflection prompt stands at the beginning. */
  readonly reflect: boolean
  /** The user's own instructions; they follow it after an empty line. */
  readonly custom?: string
}

/** The content of the system message, or undefined when there shall be none. */
export function systemPrompt({ reflect, custom = '' }: SystemPromptOptions): string | undefined {
  const parts = [reflect ? REFLECTION_SYSTEM_PROMPT : '', custom.trim()].filter((part) => part !== '')
  return parts.length === 0 ? undefined : parts.join('\n\n')
}

/** The user's message with the words appended that the original authors found to raise accuracy. */
export function thinkCarefully(message: string): string {
  return `${message.trimEnd()} Think carefully.`
}
