import { html, nothing, type TemplateResult } from 'lit/html.js'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ReadableAtom, WritableAtom } from 'nanostores'
import {
  currentPath,
  ROOT,
  type Conversation,
  type ConversationNode,
  type ReplyNode,
  type UserNode,
} from '../../core/chat/conversation.ts'
import { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import { answerOf } from '../../core/reply/reply-texts.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ModelLoader, ModelState } from '../../state/model-loader.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import { branchSwitcher } from './branch-switcher.ts'
import { composer } from './composer.ts'
import { replyText } from './copy-text.ts'
import { failureWords } from '../parts/failure-text.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { followEnd } from './follow-end.ts'
import { GrowingTextElement } from './growing-text.ts'
import { keepFocus } from './keep-focus.ts'
import { loadCard } from '../models/load-card.ts'
import type { BlockFinishedEvent } from './markdown/markdown-text.ts'
import { modelSummary } from '../models/model-summary.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { replyCard } from './reply-card.ts'
import { userMessage } from './user-message.ts'
import type { Locale } from '../words/locales.ts'

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

/** Messages that are shown when a chat is opened, and those that each look further back adds: few enough for one frame. */
const FIRST_SHOWN = 30
const MORE_SHOWN = 12

/** How long a button says that it copied, milliseconds. */
const COPIED_MS = 2000

/** Shows a chat in an element and keeps it up to date. */
export function mountChat(
  root: HTMLElement,
  { loader, session, locale, thinking, writtenElsewhere, draft, reveal, onLoadOther, fetchPart }: ChatParts,
  { signal }: { readonly signal: AbortSignal },
): MountedChat {
  defineGrowingText()
  const follower = followEnd(signal)
  const reasoningOpen = new Map<string, boolean>() // by reply, where the user opened or closed it
  const raw = new Set<string>() // replies that are shown as they were written
  let refusal: string | undefined // why the draft was not sent
  let editing: { readonly id: string; readonly text: string; readonly refusal?: string } | undefined
  let copied: { readonly id: string; readonly what: 'answer' | 'all' } | undefined
  let spoken: readonly string[] = [] // finished blocks of the reply being written, for screen readers
  let wasWriting = false // when the page was last rendered
  let isSpeaking = false // blocks that become whole now are the reply's; its last one does so when nothing is written any more
  let shown = FIRST_SHOWN // messages, from the end of the chat
  let shownId = session.conversation.get().id
  let siblings = siblingsIn(session.conversation.get())
  let markdown: 'unneeded' | 'coming' | 'here' | 'missing' = hasMarkdown() ? 'here' : 'unneeded' // what renders answers

  let switched: { readonly to: string; readonly isForward: boolean } | undefined // keeps the focus on the switcher
  const restoreFocus = keepFocus(root, focusComposer, { signal })

  const earlier = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) showEarlier()
    },
    { rootMargin: '600px 0px 0px' },
  )
  signal.addEventListener('abort', () => earlier.disconnect())

  const schedule = renderOnChange(
    root,
    [loader.model, session.conversation, session.run, session.views, locale, thinking, writtenElsewhere, draft, reveal],
    page,
    { signal, afterRender },
  )

  function change(action: () => void): () => void {
    return () => {
      action()
      schedule()
    }
  }

  function page(): TemplateResult {
    const { words } = locale.get()
    const conversation = session.conversation.get()
    if (conversation.id !== shownId) begun(conversation)
    siblings = siblings.of === conversation ? siblings : siblingsIn(conversation)
    const model = loader.model.get()
    const run = session.run.get()
    isSpeaking = run !== undefined || wasWriting
    wasWriting = run !== undefined
    const path = currentPath(conversation)
    const place = path.findIndex(({ id }) => id === reveal.get())
    if (path.length > 0 || draft.get() !== '') void needMarkdown()
    if (place >= 0) shown = Math.max(shown, path.length - place + 1)
    const hidden = Math.max(0, path.length - shown)
    const elsewhere = path.some(({ id }) => writtenElsewhere.get().has(id))
    const canAsk = run === undefined && !elsewhere && !['none', 'loading', 'unfit'].includes(model.status)
    return html`
      <div class="conversation" @block-finished=${speak}>
        ${path.length === 0 ? emptyState(model) : nothing} ${ownInstructions(conversation)}
        ${
          hidden > 0
            ? html`<p class="earlier">
                <button type="button" class="quiet" @click=${showEarlier}>
                  ${words.message.earlier(Math.min(hidden, MORE_SHOWN))}
                </button>
              </p>`
            : nothing
        }
        ${repeat(
          path.slice(hidden),
          ({ id }) => id,
          (node, index) =>
            node.role === 'user' ? userItem(node, canAsk) : replyItem(node, canAsk, hidden + index === path.length - 1),
        )}
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
      <div class="unseen" role="log" aria-live="polite" aria-label=${words.reply.answer}>
        ${spoken.map((text) => html`<p>${text}</p>`)}
      </div>
    `
  }

  function afterRender(): void {
    const first = root.querySelector('.earlier')
    earlier.disconnect()
    if (first !== null) earlier.observe(first)
    const found = revealed()
    if (found === null) {
      if (session.conversation.get().nodes.length > 0) follower.follow()
    } else if (markdown !== 'coming') {
      reveal.set(undefined) // not before, as answers change their height when they are rendered
      follower.toPlace(found)
    }
    if (switched === undefined) restoreFocus()
    else focusSwitcher(switched)
    switched = undefined
  }

  /** The other version is a new element. At the last one in a direction, the button of the other direction gets the focus. */
  function focusSwitcher({ to, isForward }: { readonly to: string; readonly isForward: boolean }): void {
    const buttons = [...root.querySelectorAll<HTMLButtonElement>(`[data-node="${CSS.escape(to)}"] .branches button`)]
    const able = buttons.filter(({ disabled }) => !disabled)
    able.at(isForward ? -1 : 0)?.focus()
  }

  /** The message to bring into sight, if it is there now. */
  function revealed(): HTMLElement | null {
    const id = reveal.get()
    return id === undefined ? null : root.querySelector(`[data-node="${CSS.escape(id)}"]`)
  }

  /** Fetches what renders answers, early enough for an answer to find it there. */
  async function needMarkdown(): Promise<void> {
    if (markdown !== 'unneeded') return
    markdown = 'coming'
    const part = await fetchPart(import('./markdown/markdown-text.ts'))
    if (part !== undefined && !hasMarkdown()) customElements.define('st-markdown', part.MarkdownTextElement)
    markdown = part === undefined ? 'missing' : 'here'
    schedule()
  }

  /** Another chat is shown from now on. */
  function begun({ id }: Conversation): void {
    shownId = id
    shown = FIRST_SHOWN
    editing = undefined
    refusal = undefined
    spoken = []
    wasWriting = false
    follower.followFromNow()
  }

  function showEarlier(): void {
    const total = currentPath(session.conversation.get()).length
    if (shown >= total) return
    shown = Math.min(total, shown + MORE_SHOWN)
    follower.keepPlace(schedule)
  }

  function emptyState(model: ModelState): TemplateResult {
    const { words } = locale.get()
    const description = 'model' in model ? model.model : undefined
    const examples = model.status === 'unfit' ? [] : examplesOf(description)
    return html`
      <section class="empty">
        <h2 class="lead">${words.empty.lead}</h2>
        ${description === undefined ? nothing : summaryLine(description, locale.get())}
        ${
          examples.length === 0
            ? nothing
            : html`<ul class="examples" aria-label=${words.empty.examples}>
                ${examples.map(
                  (example) =>
                    html`<li>
                      <button
                        type="button"
                        lang="en"
                        ?disabled=${model.status !== 'ready'}
                        @click=${() => begin(session.ask(example))}
                      >
                        ${example}
                      </button>
                    </li>`,
                )}
              </ul>`
        }
      </section>
    `
  }

  function ownInstructions({ instructions }: Conversation): TemplateResult | typeof nothing {
    if (instructions === undefined) return nothing
    return html`<details class="own-instructions">
      <summary>${locale.get().words.message.ownInstructions}</summary>
      <p dir="auto">${instructions}</p>
    </details>`
  }

  function userItem(node: UserNode, canAsk: boolean): unknown {
    const wording = editing?.id === node.id ? editing : undefined
    const isCopied = copied?.id === node.id
    const versions = siblings.byParent.get(node.parentId ?? ROOT) ?? []
    return guard([node, canAsk, wording, isCopied, versions.length, locale.get()], () =>
      userMessage({
        node,
        canAsk,
        editing: wording,
        isCopied,
        locale: locale.get(),
        branches: branches(node),
        onCopy: () => void copy(node.id, 'answer', node.content),
        onEdit: () => edit(node.id, node.content),
        onCancel: () => endEditing(node.id),
        onSave: (text) => {
          editing = undefined
          schedule()
          focusComposer()
          const edited = session.edit(node.id, text).catch((error: unknown) => {
            if (!ReflectionError.is(error)) throw error
            edit(node.id, text, failureWords(error, locale.get()).sentence)
          })
          begin(edited)
        },
      }),
    )
  }

  function replyItem(node: ReplyNode, canAsk: boolean, isLast: boolean): unknown {
    const view = session.viewOf(node)
    const current = session.run.get()
    const run = current?.replyId === node.id ? current : undefined
    const versions = siblings.byParent.get(node.parentId) ?? []
    const mode = thinking.get()
    const isReasoningOpen = reasoningOpen.get(node.id)
    const showsRaw = raw.has(node.id) && mode === 'advanced'
    const what = copied?.id === node.id ? copied.what : undefined
    const isWrittenElsewhere = writtenElsewhere.get().has(node.id)
    const state = [node.status, isWrittenElsewhere, view, run, canAsk, isLast, versions.length]
    return guard([...state, what, mode, isReasoningOpen, showsRaw, markdown, locale.get()], () =>
      replyCard({
        node,
        view,
        run,
        isWrittenElsewhere,
        canAsk,
        isLast,
        mode,
        isReasoningOpen,
        showsRaw,
        hasMarkdown: markdown === 'here',
        branches: branches(node),
        copied: what,
        locale: locale.get(),
        actions: {
          onToggleReasoning(isOpen) {
            reasoningOpen.set(node.id, isOpen)
            schedule()
          },
          onToggleRaw: change(() => (raw.delete(node.id) ? undefined : raw.add(node.id))),
          onCopy: (part) => void copy(node.id, part, textOf(node, part)),
          onRegenerate: () => begin(session.regenerate(node.id)),
          onContinue: () => begin(session.continueReply(node.id)),
          onEditQuestion: () => edit(node.parentId, textIn(session.conversation.get(), node.parentId)),
        },
      }),
    )
  }

  function branches(node: ConversationNode): TemplateResult | typeof nothing {
    const { message, reply } = locale.get().words
    const versions = siblings.byParent.get(node.parentId ?? ROOT) ?? []
    const index = versions.indexOf(node.id)
    const words =
      node.role === 'user'
        ? { group: message.versionsOfMessage, previous: message.previousMessage, next: message.nextMessage }
        : { group: reply.versions, previous: reply.previous, next: reply.next }
    const position = message.version(index + 1, versions.length)
    return branchSwitcher(index, versions.length, { ...words, position }, (to) => {
      const target = versions[to]
      if (target === undefined) return
      switched = { to: target, isForward: to > index }
      session.select(target)
    })
  }

  function textOf(node: ReplyNode, part: 'answer' | 'all'): string {
    const view = session.viewOf(node)
    return part === 'answer' ? answerOf(view) : replyText(view, locale.get().words.reply.check)
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
      schedule()
    })
    begin(asked)
  }

  /** Goes along with a run. What fails is in the session's state; a command that came too late needs no words. */
  function begin(run: Promise<void>): void {
    spoken = []
    follower.toEnd()
    run.catch((error: unknown) => console.warn(error))
  }

  function edit(id: string, text: string, reason?: string): void {
    editing = { id, text, ...(reason === undefined ? {} : { refusal: reason }) }
    schedule()
    afterFrame(() => {
      const field = root.querySelector<HTMLTextAreaElement>('.editor textarea')
      field?.focus()
      field?.setSelectionRange(field.value.length, field.value.length)
    })
  }

  function endEditing(nodeId: string): void {
    editing = undefined
    schedule()
    afterFrame(() => root.querySelector<HTMLElement>(`[data-node="${CSS.escape(nodeId)}"] .edit`)?.focus())
  }

  function editLast(): void {
    const last = currentPath(session.conversation.get()).findLast(({ role }) => role === 'user')
    const canEdit = session.run.get() === undefined && loader.model.get().status === 'ready'
    if (last !== undefined && canEdit) edit(last.id, last.content)
  }

  function speak(event: BlockFinishedEvent): void {
    if (!isSpeaking) return // blocks of a branch that is shown again
    spoken = [...spoken, event.text]
    schedule()
  }

  async function copy(id: string, what: 'answer' | 'all', text: string): Promise<void> {
    await navigator.clipboard.writeText(text)
    copied = { id, what }
    schedule()
    setTimeout(
      change(() => {
        if (copied?.id === id && copied.what === what) copied = undefined
      }),
      COPIED_MS,
    )
  }

  function focusComposer(): void {
    root.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus()
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
    if (document.querySelector('dialog:modal, :popover-open') === null) session.stop()
  }
  document.addEventListener('keydown', onKey, { signal })

  return { focusComposer }
}

interface Siblings {
  readonly of: Conversation
  /** Ids of the children of each node, oldest first. */
  readonly byParent: ReadonlyMap<string, readonly string[]>
}

/** Who can be swapped for whom; worked out once for each version of a chat, as a chat may have thousands of messages. */
function siblingsIn(conversation: Conversation): Siblings {
  const byParent = new Map<string, string[]>()
  for (const { id, parentId } of conversation.nodes) {
    const children = byParent.get(parentId ?? ROOT)
    if (children === undefined) byParent.set(parentId ?? ROOT, [id])
    else children.push(id)
  }
  return { of: conversation, byParent }
}

function summaryLine(model: ModelDescription, locale: Locale): TemplateResult {
  const { text, language } = modelSummary(model, locale)
  return html`<p class="hint" lang=${language ?? nothing}>${text}</p>`
}

/** Most questions that are offered to someone who has not asked anything. */
const MOST_EXAMPLES = 6

function examplesOf(model: ModelDescription | undefined): readonly string[] {
  return model?.examples.slice(0, MOST_EXAMPLES) ?? []
}

function textIn({ nodes }: Conversation, nodeId: string): string {
  return nodes.find(({ id }) => id === nodeId)?.content ?? ''
}

/** Whether a reply failed together with the model, and says so. */
function saysWhy(node: ConversationNode | undefined, model: ModelState): boolean {
  return model.status === 'failed' && node?.role === 'assistant' && node.errorMessage === model.error.message
}

/** Once what was changed now is on the page. */
function afterFrame(action: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(action))
}

function hasMarkdown(): boolean {
  return customElements.get('st-markdown') !== undefined
}

function defineGrowingText(): void {
  if (customElements.get('st-growing-text') === undefined) customElements.define('st-growing-text', GrowingTextElement)
}
