import type { EmbedOptions } from '../protocol/embed-messages.ts'
import type { ReflectionChatElement } from '../widget/reflection-chat.ts'

/** What the page may set of the attributes. Of others it has none: one says where the chat is stored, for example, which is this site's. */
const ATTRIBUTES = ['model', 'mode', 'theme', 'lang', 'placeholder'] as const

/**
 * Tells a chat what the page around says about it; of what that page leaves out or undefined, nothing.
 * @throws {ReflectionError} `request-invalid` for a sampling that is out of its range, after all else was told.
 */
export function applyOptions(chat: ReflectionChatElement, options: EmbedOptions): void {
  const { preload, systemPrompt, suggestions, sampling } = options
  for (const name of ATTRIBUTES) if (options[name] !== undefined) chat.setAttribute(name, options[name])
  if (systemPrompt !== undefined) chat.systemPrompt = systemPrompt
  if (suggestions !== undefined) chat.suggestions = suggestions
  if (preload !== undefined) chat.preload = preload
  if (sampling !== undefined) chat.sampling = sampling
}
