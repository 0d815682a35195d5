import { renderPrompt, replyStart, type RenderPrompt } from '../src/core/chat/render-prompt.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'

/** How the prompts of a model are written. */
export interface ChosenPrompt {
  readonly render: RenderPrompt
  /** Why the model's own template is not used, in English; absent when it is, or when there is none. */
  readonly templateProblem?: string
}

/**
 * Takes a model's own chat template; or, where it has none or one that cannot be rendered, the style of its description. What renders
 * templates is fetched for models that have one.
 * @param controls - Texts of the model's special tokens.
 */
export async function choosePrompt(model: ModelDescription, controls: Iterable<string>): Promise<ChosenPrompt> {
  const { template, chatTemplate, dialect } = model
  if (chatTemplate === undefined) return { render: (messages) => renderPrompt(messages, template) }
  try {
    const { createJinjaTemplate } = await import('./jinja-template.ts')
    return { render: createJinjaTemplate(chatTemplate, controls) }
  } catch (error) {
    // The page has been told where replies begin, so this style has to begin them there too.
    const opensItself = replyStart({ template }) === 'thinking'
    const opening = replyStart(model) === 'thinking' && !opensItself ? `<${dialect.thinking}>\n` : ''
    return {
      templateProblem: error instanceof Error ? error.message : String(error),
      render(messages) {
        const { head, messages: parts, tail } = renderPrompt(messages, template)
        const opened =
          opening === '' || tail.length === 0 ? tail : [...tail, { kind: 'tagged' as const, text: opening }]
        return { head, messages: parts, tail: opened }
      },
    }
  }
}
