import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { PlainMessage } from '../reply/conversation-for.ts'
import { unsupported } from '../reply/unsupported.ts'

/**
 * The AI SDK's prompt as plain messages. Parts of the reasoning become lines of it again.
 * @throws {ReflectionError} `unsupported` for files and tools.
 */
export function readPrompt(prompt: LanguageModelV4Prompt): PlainMessage[] {
  return prompt.map((message): PlainMessage => {
    if (message.role === 'system') return { role: 'system', text: message.content }
    if (message.role === 'tool') throw unsupported('The result of a tool', 'Leave tools out.')
    const texts: string[] = []
    const reasoning: string[] = []
    for (const part of message.content) {
      if (part.type === 'text') texts.push(part.text)
      else if (part.type === 'reasoning') reasoning.push(part.text)
      else throw unsupported(`A part of the type "${part.type}"`, 'The models read text only.')
    }
    const text = texts.join('\n')
    if (message.role === 'user') return { role: 'user', text }
    return { role: 'assistant', text, ...(reasoning.length > 0 ? { reasoning: reasoning.join('\n') } : {}) }
  })
}
