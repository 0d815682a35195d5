import type { EmbedOptions } from '../protocol/embed-messages.ts'
import type { ReflectionChatElement } from '../widget/reflection-chat.ts'

/**
 * Tells a chat what the page around says about it; of what that page leaves out or undefined, nothing.
 * @throws {ReflectionError} `request-invalid` for a sampling that is out of its range, after all else was told.
 */
export function applyOptions(
  chat: ReflectionChatElement,
  { preload, systemPrompt, suggestions, sampling, ...attributes }: EmbedOptions,
): void {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) chat.setAttribute(name, value)
  if (systemPrompt !== undefined) chat.systemPrompt = systemPrompt
  if (suggestions !== undefined) chat.suggestions = suggestions
  if (preload !== undefined) chat.preload = preload
  if (sampling !== undefined) chat.sampling = sampling
}
