import { html, nothing, render, type TemplateResult } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import {
  createConversation,
  currentPath,
  siblingsOf,
  type ConversationNode,
  type ReplyNode,
  type UserNode,
} from '../core/chat/conversation.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { answerOf, arrangeReply } from '../state/arrange-reply.ts'
import type { ChatSession, ModelState } from '../state/chat-session.ts'
import { composer } from './composer.ts'
import { followEnd } from './follow-end.ts'
import { GrowingTextElement } from './growing-text.ts'
import { loadCard } from './load-card.ts'
import { MarkdownTextElement, type BlockFinishedEvent } from './markdown/markdown-text.ts'
import { replyCard } from './reply-card.ts'
import { settingsDialog } from './settings-dialog.ts'
import { userMessage } from './user-message.ts'

export interface MountOptions {
  /** Takes the page down when it fires. */
  readonly signal: AbortSignal
}

/** Shows a chat in an element and keeps it up to date. Styles come from `tokens.css` and `chat.css`. */
export function mountChat(root: HTMLElement, session: ChatSession, { signal }: MountOptions): void {
  defineElements()
  const follower = followEnd(signal)
  const reasoningOpen = new Map<string, boolean>() // by reply: as it was when the reply appeared, or as the user set it
  let opensReasoning = true // the user's last choice
  let draft = ''
  let refusal: string | undefined // why the draft was not sent
  let editing: string | undefined
  let copied: string | undefined
  let spoken: readonly string[] = [] // finished blocks of the reply being written, for screen readers
  let wasWriting = false // when the page was last rendered
  let isSpeaking = false // blocks that become whole now are the reply's; its last one does so when nothing is written any more
  let isScheduled = false

  function schedule(): void {
    if (isScheduled || signal.aborted) return
    isScheduled = true
    requestAnimationFrame(() => {
      isScheduled = false
      if (signal.aborted) return
      render(page(), root)
      if (session.conversation.get().nodes.length > 0) follower.follow()
    })
  }

  function change(action: () => void): () => void {
    return () => {
      action()
      schedule()
    }
  }

  function page(): TemplateResult {
    const model = session.model.get()
    const run = session.run.get()
    isSpeaking = run !== undefined || wasWriting
    wasWriting = run !== undefined
    const path = currentPath(session.conversation.get())
    const canAsk = run === undefined && !['none', 'loading', 'unfit'].includes(model.status)
    return html`
      ${header(model)}
      <main class="conversation" @block-finished=${speak}>
        ${path.length === 0 ? emptyState(model) : nothing}
        ${repeat(
          path,
          ({ id }) => id,
          (node, index) =>
            node.role === 'user' ? userItem(node, canAsk) : replyItem(node, canAsk, index === path.length - 1),
        )}
        ${loadCard(model, saysWhy(path.at(-1), model), {
          onCancel: () => session.cancelLoad(),
          onLoad: () => void session.reload(),
          onLoadAnyway: () => void session.reload({ anyway: true }),
          onLoadOther: (other) => void session.load(other),
          onCheckAgain: () => location.reload(),
        })}
      </main>
      ${composer({
        draft,
        refusal,
        isReady: model.status === 'ready',
        isLoading: model.status === 'loading',
        run,
        canAnswerNow: run !== undefined && isThinking(run.replyId),
        onDraft(text) {
          draft = text
          if (text === '') refusal = undefined
          schedule()
        },
        onSend: send,
        onStop: () => session.stop(),
        onAnswerNow: () => session.answerNow(),
      })}
      <div class="unseen" role="log" aria-live="polite" aria-label="Answer">
        ${spoken.map((text) => html`<p>${text}</p>`)}
      </div>
      ${settingsDialog(session.settings.get(), modelOf(model), (settings) => session.settings.set(settings))}
    `
  }

  function header(model: ModelState): TemplateResult {
    return html`
      <header class="header">
        <h1>Second Thought</h1>
        <p class="model" role="status">${modelWords(model)}</p>
        <nav class="header-actions" aria-label="Page">
          <button type="button" class="quiet" @click=${() => session.open(createConversation())}>New chat</button>
          <button type="button" class="quiet" @click=${openSettings}>Settings</button>
        </nav>
      </header>
    `
  }

  function emptyState(model: ModelState): TemplateResult {
    const description = modelOf(model)
    const examples = model.status === 'unfit' ? [] : (description?.examples ?? [])
    return html`
      <section class="empty">
        <p class="lead">Ask something. The model thinks, checks itself and answers, all on this device.</p>
        ${description === undefined ? nothing : html`<p class="hint">${description.summary}</p>`}
        <ul class="examples">
          ${examples.slice(0, 6).map(
            (example) =>
              html`<li>
                <button type="button" ?disabled=${model.status !== 'ready'} @click=${() => ask(example)}>
                  ${example}
                </button>
              </li>`,
          )}
        </ul>
      </section>
    `
  }

  function userItem(node: UserNode, canAsk: boolean): unknown {
    const isEditing = editing === node.id
    const { siblings } = siblingsOf(session.conversation.get(), node.id)
    return guard([node, canAsk, isEditing, siblings.length], () =>
      userMessage({
        node,
        canAsk,
        isEditing,
        branches: branches(node.id, 'wording'),
        onEdit: change(() => (editing = node.id)),
        onCancel: change(() => (editing = undefined)),
        onSave: (text) => {
          editing = undefined
          schedule()
          begin(session.edit(node.id, text))
        },
      }),
    )
  }

  function replyItem(node: ReplyNode, canAsk: boolean, isLast: boolean): unknown {
    const view = session.viewOf(node)
    const current = session.run.get()
    const run = current?.replyId === node.id ? current : undefined
    if (!reasoningOpen.has(node.id)) reasoningOpen.set(node.id, opensReasoning)
    const { siblings } = siblingsOf(session.conversation.get(), node.id)
    const wasCopied = copied === node.id
    return guard([node.status, view, run, canAsk, isLast, siblings.length, wasCopied], () =>
      replyCard({
        node,
        view,
        run,
        canAsk,
        isLast,
        isReasoningOpen: reasoningOpen.get(node.id) ?? true,
        branches: branches(node.id, 'reply'),
        wasCopied,
        actions: {
          onToggleReasoning(isOpen) {
            opensReasoning = isOpen
            reasoningOpen.set(node.id, isOpen)
          },
          onCopy: () => void copy(node),
          onRegenerate: () => begin(session.regenerate(node.id)),
          onContinue: () => begin(session.continueReply(node.id)),
          onEditQuestion: change(() => (editing = node.parentId)),
        },
      }),
    )
  }

  function branches(nodeId: string, what: string): TemplateResult | typeof nothing {
    const { siblings, index } = siblingsOf(session.conversation.get(), nodeId)
    if (siblings.length < 2) return nothing
    const to = (other: number) => () => {
      const target = siblings[other]
      if (target !== undefined) session.select(target.id)
    }
    return html`<span class="branches" role="group" aria-label="Versions of this ${what}">
      <button
        type="button"
        class="quiet"
        aria-label="Previous ${what}"
        ?disabled=${index === 0}
        @click=${to(index - 1)}
      >
        ‹
      </button>
      <span>${index + 1}/${siblings.length}</span>
      <button
        type="button"
        class="quiet"
        aria-label="Next ${what}"
        ?disabled=${index === siblings.length - 1}
        @click=${to(index + 1)}
      >
        ›
      </button>
    </span>`
  }

  function isThinking(replyId: string): boolean {
    const view = session.views.get().get(replyId)
    return view !== undefined && arrangeReply(view).at(-1)?.type === 'reasoning'
  }

  function ask(text: string): void {
    begin(session.ask(text))
  }

  function send(): void {
    const text = draft
    if (text.trim() === '' || session.model.get().status !== 'ready' || session.run.get() !== undefined) return
    draft = ''
    refusal = undefined
    schedule()
    const asked = session.ask(text).catch((error: unknown) => {
      if (!ReflectionError.is(error) || error.code !== 'prompt-too-long') throw error
      if (draft === '') draft = text
      refusal = error.message
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

  function speak(event: BlockFinishedEvent): void {
    if (!isSpeaking) return // blocks of a branch that is shown again
    spoken = [...spoken, event.text]
    schedule()
  }

  async function copy(node: ReplyNode): Promise<void> {
    await navigator.clipboard.writeText(answerOf(session.viewOf(node)))
    copied = node.id
    schedule()
    setTimeout(
      change(() => (copied = undefined)),
      2000,
    )
  }

  function openSettings(): void {
    root.querySelector<HTMLDialogElement>('dialog.settings')?.showModal()
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
    if (root.querySelector('dialog[open]') === null) session.stop()
  }

  const stores = [session.model, session.conversation, session.run, session.views, session.settings]
  const unsubscribe = stores.map((store) => store.subscribe(schedule))
  document.addEventListener('keydown', onKey, { signal })
  signal.addEventListener('abort', () => {
    unsubscribe.forEach((end) => end())
    render(nothing, root)
  })
}

function modelOf(state: ModelState): ModelDescription | undefined {
  return 'model' in state ? state.model : undefined
}

/** Whether a reply failed together with the model, and says so. */
function saysWhy(node: ConversationNode | undefined, model: ModelState): boolean {
  return model.status === 'failed' && node?.role === 'assistant' && node.errorMessage === model.error.message
}

function modelWords(state: ModelState): string {
  const name = modelOf(state)?.name
  switch (state.status) {
    case 'none':
      return ''
    case 'loading':
      return name === undefined ? 'Loading…' : `${name} · loading…`
    case 'cancelled':
      return name === undefined ? 'Not loaded' : `${name} · not loaded`
    case 'unfit':
      return `${state.model.name} · cannot run here`
    case 'failed':
      return name === undefined ? 'Not available' : `${name} · stopped`
    case 'ready':
      return `${state.model.name} · ready`
  }
}

function defineElements(): void {
  if (customElements.get('st-markdown') === undefined) customElements.define('st-markdown', MarkdownTextElement)
  if (customElements.get('st-growing-text') === undefined) customElements.define('st-growing-text', GrowingTextElement)
}
