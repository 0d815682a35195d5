import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReadableAtom, WritableAtom } from 'nanostores'
import { currentPath, type Conversation, type ConversationNode } from '../../core/chat/conversation.ts'
import { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ModelLoader, ModelState } from '../../state/model-loader.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import { loadCard } from '../models/load-card.ts'
import { failureWords } from '../parts/failure-text.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { chatKeys } from '../parts/keys.ts'
import { noteFocus } from '../parts/note-focus.ts'
import { renderOnChange, type Redraw } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'
import { createAnswerSpeech } from './answer-speech.ts'
import { composer } from './composer.ts'
import { emptyChat } from './empty-chat.ts'
import { GrowingTextElement } from './growing-text.ts'
import { keepFocus } from './keep-focus.ts'
import { createMarkdownPart } from './markdown/fetch-markdown.ts'
import { createMessageEditing } from './message-editing.ts'
import { createMessageItems } from './message-items.ts'
import { createMessageList } from './message-list.ts'

export interface ChatParts {
  readonly loader: ModelLoader
  readonly session: ChatSession
  readonly locale: ReadableAtom<Locale>
  readonly thinking: ReadableAtom<ThinkingMode>
  /** Replies that other pages write. */
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  /** What was typed and not sent yet; it outlives the element. */
  readonly draft: WritableAtom<string>
  /** A message to bring into sight; undefined again once it is. */
  readonly reveal: WritableAtom<string | undefined>
  readonly onLoadOther: (model: ModelDescription) => void
  readonly fetchPart: FetchPart
}

export interface MountedChat {
  /** Puts the cursor where messages are written. */
  focusComposer(): void
}

/** Shows a chat in an element and keeps it up to date. */
export function mountChat(
  root: HTMLElement,
  { loader, session, locale, thinking, writtenElsewhere, draft, reveal, onLoadOther, fetchPart }: ChatParts,
  { signal }: { readonly signal: AbortSignal },
): MountedChat {
  defineGrowingText()
  let redraw: Redraw | undefined // once the chat is there
  const redrawSoon = () => redraw?.()
  const focus = keepFocus(root, focusComposer, { signal })
  const list = createMessageList(root, redrawSoon, { signal })
  const editing = createMessageEditing(root, focus, { soon: redrawSoon, now: redrawNow })
  const speech = createAnswerSpeech(redrawSoon)
  const markdown = createMarkdownPart(fetchPart, redrawSoon)
  const messageItems = createMessageItems({
    session,
    locale,
    thinking,
    writtenElsewhere,
    editing,
    markdown,
    redraw: redrawSoon,
    onRun: follow,
    onSave: saveWording,
    onSelect: selectVersion,
  })
  let shownId = session.conversation.get().id
  let refusal: string | undefined // why the draft was not sent

  redraw = renderOnChange(
    root,
    [loader.model, session.conversation, session.run, session.views, locale, thinking, writtenElsewhere, draft, reveal],
    chat,
    { signal, afterRender },
  )
  document.addEventListener('keydown', chatKeys({ onStop: () => session.stop() }), { signal })

  function redrawNow(): void {
    redraw?.now()
  }

  function chat(): TemplateResult {
    const { words } = locale.get()
    const conversation = session.conversation.get()
    if (conversation.id !== shownId) begin(conversation)
    const model = loader.model.get()
    const run = session.run.get()
    speech.beforeRender(run !== undefined)
    const path = currentPath(conversation)
    if (path.length > 0 || draft.get() !== '') markdown.need()
    const hidden = list.firstDrawn(path, [reveal.get(), editing.messageId()])
    const elsewhere = path.some(({ id }) => writtenElsewhere.get().has(id))
    const canAsk = run === undefined && !elsewhere && !['none', 'loading', 'unfit'].includes(model.status)
    return html`
      <div class="conversation" @block-finished=${speech.onBlockFinished}>
        ${path.length === 0 ? emptyChat(model, locale.get(), (example) => follow(session.ask(example))) : nothing}
        ${ownInstructions(conversation)} ${hidden > 0 ? earlierButton(hidden) : nothing}
        ${messageItems(path, hidden, canAsk)}
        ${loadCard(
          model,
          saysWhy(path.at(-1), model),
          {
            onCancel: () => loader.cancel(),
            onLoad: () => void loader.reload(),
            onLoadAnyway: () => void loader.reload({ anyway: true }),
            onLoadOther,
            onCheckAgain: () => location.reload(),
          },
          locale.get(),
        )}
      </div>
      ${composer({
        draft: draft.get(),
        refusal,
        words,
        isReady: model.status === 'ready',
        isLoading: model.status === 'loading',
        isWrittenElsewhere: elsewhere,
        run,
        canAnswerNow: run !== undefined && isThinking(run.replyId),
        onDraft(text) {
          if (text === '') refusal = undefined
          draft.set(text)
        },
        onSend: send,
        onEditLast: editLast,
        onStop: () => session.stop(),
        onAnswerNow: () => session.answerNow(),
      })}
      ${speech.template(words.reply.answer)}
    `
  }

  /** Another chat is shown from now on. */
  function begin({ id }: Conversation): void {
    shownId = id
    refusal = undefined
    list.begin()
    editing.end()
    speech.begin()
  }

  function earlierButton(hidden: number): TemplateResult {
    return html`<p class="earlier">
      <button type="button" class="quiet" @click=${list.showEarlier}>
        ${locale.get().words.message.earlier(list.countOfNext(hidden))}
      </button>
    </p>`
  }

  function ownInstructions({ instructions }: Conversation): TemplateResult | typeof nothing {
    if (instructions === undefined) return nothing
    return html`<details class="own-instructions">
      <summary>${locale.get().words.message.ownInstructions}</summary>
      <p dir="auto">${instructions}</p>
    </details>`
  }

  function afterRender(): void {
    const wanted = reveal.get()
    const isThere = wanted !== undefined && list.has(wanted)
    list.afterRender({ followsEnd: !isThere && !editing.hasFocus() })
    if (isThere && markdown.status() !== 'coming') {
      reveal.set(undefined) // not before, as answers change their height when they are rendered
      list.reveal(wanted)
    }
    focus.restore()
  }

  function isThinking(replyId: string): boolean {
    const view = session.views.get().get(replyId)
    const last = view?.parts.at(-1)
    return last !== undefined && last.channel !== 'output'
  }

  function send(): void {
    const text = draft.get()
    if (text.trim() === '' || loader.model.get().status !== 'ready' || session.run.get() !== undefined) return
    draft.set('')
    refusal = undefined
    const asked = session.ask(text).catch((error: unknown) => {
      if (!ReflectionError.is(error)) throw error
      if (draft.get() === '') draft.set(text)
      refusal = failureWords(error, locale.get()).sentence
      redrawSoon()
    })
    follow(asked)
    redrawNow() // what is typed next must find the field empty
  }

  function saveWording(messageId: string, text: string): void {
    editing.end()
    focus.moveTo(composerField)
    redrawNow()
    const isUnmoved = noteFocus()
    const edited = session.edit(messageId, text).catch((error: unknown) => {
      if (!ReflectionError.is(error)) throw error
      const { sentence } = failureWords(error, locale.get())
      editing.refuse(messageId, { text, refusal: sentence }, isUnmoved() && draft.get() === '')
    })
    follow(edited)
  }

  /** Goes along with a run. What fails is in the session's state; a command that came too late needs no words. */
  function follow(run: Promise<void>): void {
    speech.clear()
    list.toEnd()
    run.catch((error: unknown) => console.warn(error))
  }

  function editLast(): void {
    const last = currentPath(session.conversation.get()).findLast(({ role }) => role === 'user')
    const canEdit = session.run.get() === undefined && loader.model.get().status === 'ready'
    if (last !== undefined && canEdit) editing.begin(last.id, last.content)
  }

  /** The other version is a new element. At the last one in a direction, the button of the other direction gets the focus. */
  function selectVersion(messageId: string, isForward: boolean): void {
    focus.moveTo(() => {
      const buttons = root.querySelectorAll<HTMLButtonElement>(
        `[data-node="${CSS.escape(messageId)}"] .branches button`,
      )
      return [...buttons].filter(({ disabled }) => !disabled).at(isForward ? -1 : 0)
    })
    session.select(messageId)
    redrawNow()
  }

  function composerField(): HTMLElement | null {
    return root.querySelector('.composer textarea')
  }

  function focusComposer(): void {
    composerField()?.focus()
  }

  return { focusComposer }
}

/** Whether a reply failed together with the model, and says so. */
function saysWhy(node: ConversationNode | undefined, model: ModelState): boolean {
  return model.status === 'failed' && node?.role === 'assistant' && node.errorMessage === model.error.message
}

function defineGrowingText(): void {
  if (customElements.get('st-growing-text') === undefined) customElements.define('st-growing-text', GrowingTextElement)
}
