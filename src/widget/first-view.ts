import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { WritableAtom } from 'nanostores'
import { isBlankDraft, type MessageDraft } from '../core/chat/message-draft.ts'
import type { ThinkingMode } from '../state/preferences.ts'
import { composer } from '../ui/chat/composer.ts'
import { beginnings, greeting } from '../ui/chat/empty-chat.ts'
import type { Locale } from '../ui/words/locales.ts'

export interface FirstViewProps {
  readonly locale: Locale
  readonly draft: WritableAtom<MessageDraft>
  readonly placeholder: string | undefined
  readonly suggestions: readonly string[] | undefined
  readonly mode: ThinkingMode
  readonly onAsk: (question: string) => void
  readonly onSend: () => void
}

/**
 * What an empty chat looks like, before anyone has touched it: the same greeting and the same field. The rest of the chat is fetched with
 * the first touch, takes the place of this, and goes on with what was typed.
 */
export function firstView({
  locale,
  draft,
  placeholder,
  suggestions,
  mode,
  onAsk,
  onSend,
}: FirstViewProps): TemplateResult {
  const nothingYet = () => undefined
  return html`
    <div class="conversation"><slot name="empty">${greeting(locale)}</slot></div>
    <div class="dock">
      ${composer({
        draft: () => draft.get(),
        placeholder,
        takesFocus: false,
        refusal: undefined,
        news: undefined,
        words: locale.words,
        isReady: false,
        isLoading: false,
        idle: undefined,
        hasText: !isBlankDraft(draft.get()),
        mode,
        isWrittenElsewhere: false,
        run: undefined,
        canAnswerNow: false,
        noAnswerNow: undefined,
        server: undefined,
        onDraft: (written) => draft.set(written),
        showAttached: () => nothing,
        onOpen: nothingYet,
        onSend,
        onEditLast: nothingYet,
        onStop: nothingYet,
        onAnswerNow: nothingYet,
        onModes: nothingYet,
      })}
    </div>
    ${beginnings({ status: 'none' }, suggestions, 0, locale, onAsk)}
  `
}
