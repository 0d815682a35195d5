import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReadableAtom, WritableAtom } from 'nanostores'
import { currentPath, type Conversation, type ConversationNode } from '../../core/chat/conversation.ts'
import {
  changeAttached,
  EMPTY_DRAFT,
  isBlankDraft,
  isEmptyDraft,
  messageOf,
  rejoined,
  type MessageDraft,
  type Rewordings,
} from '../../core/chat/message-draft.ts'
import { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import { hostOf } from '../../core/models/remote-server.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ModelLoader, ModelState } from '../../state/model-loader.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import { createGpuAdvice } from '../models/fetched-gpu-advice.ts'
import { isFinal, loadAgain, loadCard, type LoadCardActions } from '../models/load-card.ts'
import { plainModelName } from '../models/plain-model-name.ts'
import { failureWords } from '../parts/failure-text.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { chatKeys } from '../parts/keys.ts'
import { noteFocus } from '../parts/note-focus.ts'
import { mountPopupMenu } from '../parts/popup-menu.ts'
import { renderOnChange, type Redraw } from '../parts/render-on-change.ts'
import { pageScroller, type Scroller } from '../parts/scroller.ts'
import { needLaterWords, type Locale } from '../words/locales.ts'
import { createAnswerSpeech } from './answer-speech.ts'
import { composer } from './composer.ts'
import { beginnings, greeting } from './empty-chat.ts'
import { createAttachedTexts } from './fetched-attached-texts.ts'
import { createFetchedMessageItems } from './fetched-message-items.ts'
import { jumpButtons } from './jump-buttons.ts'
import { keepFocus } from './keep-focus.ts'
import { createMarkdownPart } from './markdown/fetch-markdown.ts'
import { createMessageEditing } from './message-editing.ts'
import type { FailedModel } from './message-items.ts'
import { createMessageList } from './message-list.ts'

export interface ChatParts {
  readonly loader: ModelLoader
  readonly session: ChatSession
  readonly locale: ReadableAtom<Locale>
  readonly thinking: ReadableAtom<ThinkingMode>
  /** How many chats are kept; undefined until they are counted. */
  readonly chatCount: ReadableAtom<number | undefined>
  /** Replies that other pages write. */
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  /** What was typed and not sent yet; it outlives the element. */
  readonly draft: WritableAtom<MessageDraft>
  /** The same for messages that are being put in other words. */
  readonly rewordings: WritableAtom<Rewordings>
  /** A message to bring into sight; undefined again once it is. */
  readonly reveal: WritableAtom<string | undefined>
  readonly onThinking: (mode: ThinkingMode) => void
  readonly onLoadOther: (model: ModelDescription) => void
  /** Lets the page choose again what models run on; absent where that is nobody's choice. */
  readonly onAutomatic?: () => void
  readonly fetchPart: FetchPart
  /** Present for a chat in an element of another page; absent for one that is all of its page. */
  readonly embedding?: ChatEmbedding
}

/** What differs for a chat in an element of another page: that page's scrolling, address and focus are not ours. */
export interface ChatEmbedding {
  readonly scroller: Scroller
  /** Where Escape stops the reply. */
  readonly keys: ShadowRoot
  /** What stands in the empty field; undefined for our own words. */
  readonly placeholder: ReadableAtom<string | undefined>
  /** Questions to begin with; undefined for those that the model is good at. */
  readonly suggestions: ReadableAtom<readonly string[] | undefined>
}

export interface MountedChat {
  /** Puts the cursor where messages are written. */
  focusComposer(): void
  /** Sends what is written there; as soon as the model is ready, unless it is changed before. */
  send(): void
}

/** Shows a chat in an element and keeps it up to date. */
export function mountChat(
  root: HTMLElement,
  parts: ChatParts,
  { signal }: { readonly signal: AbortSignal },
): MountedChat {
  const { loader, session, locale, thinking, chatCount, writtenElsewhere, draft, rewordings, reveal } = parts
  const { onThinking, onLoadOther, onAutomatic = () => undefined, fetchPart, embedding } = parts
  let redraw: Redraw | undefined // once the chat is there
  const redrawSoon = () => redraw?.()
  const focus = keepFocus(root, focusComposer, { signal })
  const scroller = embedding?.scroller ?? pageScroller()
  const list = createMessageList(root, { soon: redrawSoon, now: redrawNow }, { scroller, signal })
  const editing = createMessageEditing(root, focus, rewordings, redrawNow)
  const speech = createAnswerSpeech(redrawSoon)
  const markdown = createMarkdownPart(fetchPart, redrawSoon)
  const menu = mountPopupMenu(root, { signal })
  const showAttached = createAttachedTexts(fetchPart, redrawSoon)
  const loadActions: LoadCardActions = {
    onCancel: () => loader.cancel(),
    onPause: () => loader.pause(),
    onLoad: () => void loader.reload(),
    onLoadAnyway: () => void loader.reload({ anyway: true }),
    onLoadOther,
    onAutomatic,
    onProcessor: () => void loader.useProcessor(),
    onCheckAgain: () => void (embedding === undefined ? location.reload() : loader.reload()),
    hasOtherModels: embedding === undefined,
    showGpuAdvice: createGpuAdvice(redrawSoon),
    hasFitWords,
  }
  const messageItems = createFetchedMessageItems(fetchPart, {
    session,
    locale,
    thinking,
    writtenElsewhere,
    editing,
    markdown,
    menu,
    redraw: redrawSoon,
    onRun: follow,
    showAttached,
    failedWith,
    isReturning,
    modelRemedy: (failed) => loadAgain(failed, loadActions, locale.get()),
    onSave: saveRewording,
    onOpenText(messageId, index) {
      const { draft: written } = editing.rewordingOf(messageId) ?? {}
      if (written !== undefined) void openText(written, index, (change) => editing.change(messageId, change))
    },
    onSelect: selectVersion,
    hasSlots: embedding !== undefined,
  })
  let shownId = session.conversation.get().id
  let refusal: string | undefined // why the draft was not sent
  let waitsTo: string | undefined // server that a draft goes to once the model is ready, empty for none; undefined where none waits
  let needsFitWords = false

  redraw = renderOnChange(
    root,
    [
      loader.model,
      session.conversation,
      session.run,
      session.views,
      locale,
      thinking,
      chatCount,
      writtenElsewhere,
      draft,
      rewordings,
      reveal,
      ...(embedding === undefined ? [] : [embedding.placeholder, embedding.suggestions]),
    ],
    chat,
    { signal, afterRender },
  )
  const keys = embedding?.keys ?? document
  keys.addEventListener('keydown', chatKeys({ onStop: () => session.stop() }) as EventListener, { signal })
  window.addEventListener('resize', editing.keepInSight, { signal }) // as when the keyboard of a phone opens
  const stopSpeaking = session.run.subscribe((run) => run !== undefined && speech.speakOf(run.replyId))
  signal.addEventListener('abort', stopSpeaking)
  // What waits goes to no other server than was told when it was sent; the model of an element is that of the page around.
  const stopWaiting = loader.model.listen((model) => {
    const isTold = embedding !== undefined || waitsTo === (serverOf(model) ?? '')
    if (model.status === 'ready' && waitsTo !== undefined && isTold) send()
  })
  signal.addEventListener('abort', stopWaiting)

  function redrawNow(): void {
    redraw?.now()
  }

  function chat(): TemplateResult {
    const { words } = locale.get()
    const conversation = session.conversation.get()
    if (conversation.id !== shownId) begin(conversation)
    const model = loader.model.get()
    const run = session.run.get()
    const path = currentPath(conversation)
    if (path.length > 0 || !isBlankDraft(draft.get())) {
      messageItems.need()
      markdown.need()
    }
    const drawn = list.drawn(path, reveal.get(), editing.messageId())
    // Nothing is hidden before or after messages that cannot be drawn yet: an empty page would look further and further back.
    const hidden = messageItems.isThere()
      ? { before: drawn.from, after: path.length - drawn.to }
      : { before: 0, after: 0 }
    const elsewhere = isWrittenElsewhere()
    const canAsk = run === undefined && !elsewhere && model.status === 'ready'
    return html`
      <div class="conversation" @block-finished=${speech.onBlockFinished}>
        ${path.length === 0 ? emptyChat() : nothing} ${ownInstructions(conversation)}
        ${moreButton('earlier', hidden.before)} ${messageItems.draw(path, drawn, canAsk)}
        ${moreButton('later', hidden.after)}
        ${failedWith(path.at(-1)) === undefined ? loadCard(model, loadActions, locale.get()) : nothing}
      </div>
      <div class="dock">
        ${jumpButtons(list, words)}
        ${composer({
          draft: () => draft.get(),
          refusal,
          words,
          news: (waitsTo === undefined ? undefined : waitsFor(model, true)) ?? displaced(model),
          placeholder: embedding?.placeholder.get(),
          takesFocus: embedding === undefined,
          isReady: model.status === 'ready' && !elsewhere,
          hasText: !isBlankDraft(draft.get()),
          mode: thinking.get(),
          isLoading: model.status === 'loading',
          idle:
            model.status === 'none' || model.status === 'loading' || model.status === 'ready'
              ? undefined
              : isFinal(model)
                ? 'unfit'
                : model.status,
          isWrittenElsewhere: elsewhere,
          run,
          canAnswerNow: run !== undefined && isThinking(run.replyId),
          noAnswerNow:
            model.status === 'ready' && model.loaded.limits?.includes('answer-now') === true
              ? words.server.noAnswerNow
              : undefined,
          server: serverOf(model),
          onDraft(written) {
            if (isEmptyDraft(written)) refusal = undefined
            waitsTo = undefined
            draft.set(written)
          },
          showAttached,
          onOpen: (index) => void openText(draft.get(), index, (change) => draft.set(change(draft.get()))),
          onSend: send,
          onEditLast: editLast,
          onStop: () => session.stop(),
          onAnswerNow: () => session.answerNow(),
          onModes,
        })}
      </div>
      ${
        path.length === 0
          ? beginnings(model, embedding?.suggestions.get(), chatCount.get(), locale.get(), (example) => {
              if (!matchMedia('(pointer: coarse)').matches) focusComposer() // a keyboard on the screen would cover the answer
              follow(session.ask(example))
            })
          : nothing
      }
      ${speech.template(words.reply.answer, words.reply.tooLongToSpeak)}
    `
  }

  /** What the page around may put in the place of our greeting, where it has a say. */
  function emptyChat(): TemplateResult {
    const own = greeting(locale.get())
    return embedding === undefined ? own : html`<slot name="empty">${own}</slot>`
  }

  /** What has to happen before anything can be sent. */
  function waitsFor(model: ModelState, isSentThen = false): string | undefined {
    const { notYet, noModel } = locale.get().words.composer
    if (model.status === 'ready') return undefined
    return isSentThen && model.status === 'loading' ? notYet : noModel
  }

  function displaced(model: ModelState): string | undefined {
    if (model.status !== 'ready' || model.displacedBy === undefined) return undefined
    return locale.get().words.composer.displaced(plainModelName(model.displacedBy))
  }

  function onModes(button: HTMLElement): void {
    const { shownAs, names, hints } = locale.get().words.thinkingModes
    const items = (['standard', 'advanced', 'hidden'] as const).map((mode) => ({
      label: names[mode],
      detail: hints[mode],
      isChosen: mode === thinking.get(),
      onChoose: () => onThinking(mode),
    }))
    menu.toggle(button, shownAs, () => items, 'start')
  }

  /** Another chat is shown from now on. */
  function begin({ id }: Conversation): void {
    shownId = id
    refusal = undefined
    waitsTo = undefined
    list.begin()
    speech.clear()
  }

  /** Leads to messages before or after those that are drawn. */
  function moreButton(side: 'earlier' | 'later', hidden: number): TemplateResult | typeof nothing {
    if (hidden <= 0) return nothing
    return html`<p class=${side}>
      <button type="button" class="quiet" @click=${side === 'earlier' ? list.showEarlier : list.showLater}>
        ${locale.get().words.message[side](list.countOfNext(hidden))}
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
    list.afterRender({ followsEnd: () => !isThere && !editing.hasFocus() })
    if (isThere && markdown.status() !== 'coming') {
      reveal.set(undefined) // not before, as answers change their height when they are rendered
      list.reveal(wanted)
    }
    focus.restore()
  }

  /** The failure of the model, where a reply failed together with it, and says so. */
  function failedWith(node: ConversationNode | undefined): FailedModel | undefined {
    const model = loader.model.get()
    const saysWhy = model.status === 'failed' && node?.role === 'assistant' && node.errorMessage === model.error.message
    return saysWhy ? model : undefined
  }

  /** Few see them; they are fetched once, and whoever changes the language has them too. */
  function hasFitWords(): boolean {
    if ('fit' in locale.get().words) return true
    if (!needsFitWords) void fetchPart(needLaterWords(locale)).then(redrawSoon)
    needsFitWords = true
    return false
  }

  /** Whether the model comes back by itself. */
  function isReturning(): boolean {
    const model = loader.model.get()
    return model.status === 'loading' && model.returnsFrom !== undefined
  }

  function isWrittenElsewhere(): boolean {
    return currentPath(session.conversation.get()).some(({ id }) => writtenElsewhere.get().has(id))
  }

  function isThinking(replyId: string): boolean {
    const view = session.views.get().get(replyId)
    const last = view?.parts.at(-1)
    return last !== undefined && last.channel !== 'output'
  }

  function send(): void {
    const written = draft.get()
    if (isBlankDraft(written)) return focusComposer()
    if (session.run.get() !== undefined || isWrittenElsewhere()) return
    const model = loader.model.get()
    waitsTo = model.status === 'ready' ? undefined : (serverOf(model) ?? '')
    if (waitsTo !== undefined) return redrawSoon()
    draft.set(EMPTY_DRAFT)
    refusal = undefined
    const asked = session.ask(messageOf(written)).catch((error: unknown) => {
      if (!ReflectionError.is(error)) throw error
      draft.set(rejoined(written, draft.get()))
      refusal = failureWords(error, locale.get()).sentence
      redrawSoon()
    })
    follow(asked)
    redrawNow() // what is typed next must find the field empty
  }

  /** Shows one of the texts that are attached to a draft; what it is changed to takes its place. */
  async function openText(
    { attached }: MessageDraft,
    index: number,
    onChanged: (change: (now: MessageDraft) => MessageDraft) => void,
  ): Promise<void> {
    const text = attached[index]
    const part = await fetchPart(needLaterWords(locale).then(() => import('./edit-long-text.ts')))
    if (text === undefined || part === undefined || signal.aborted) return
    const changed = await part.editLongText(root, text, locale.get().words, { signal })
    if (changed === undefined) return
    onChanged((now) => {
      const place = now.attached.indexOf(text) // others may have gone meanwhile
      return place < 0 ? now : changeAttached(now, place, changed)
    })
  }

  function saveRewording(messageId: string, wording: MessageDraft): void {
    const notYet = waitsFor(loader.model.get())
    if (notYet !== undefined) return editing.refuse(messageId, { draft: wording, refusal: notYet }, true)
    editing.end(messageId)
    focus.moveTo(composerField)
    redrawNow()
    const isUnmoved = noteFocus()
    const edited = session.edit(messageId, messageOf(wording)).catch((error: unknown) => {
      if (!ReflectionError.is(error)) throw error
      const { sentence } = failureWords(error, locale.get())
      editing.refuse(messageId, { draft: wording, refusal: sentence }, isUnmoved() && isEmptyDraft(draft.get()))
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

  return { focusComposer, send }
}

/** The server that a message would go to, were it sent. */
function serverOf(state: ModelState): string | undefined {
  const server = 'model' in state ? state.model?.server : undefined
  return server && hostOf(server)
}
