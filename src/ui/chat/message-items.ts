import { html, type nothing, type TemplateResult } from 'lit/html.js'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ReadableAtom } from 'nanostores'
import type { ConversationNode, ReplyNode, UserNode } from '../../core/chat/conversation.ts'
import { EMPTY_DRAFT, type MessageDraft } from '../../core/chat/message-draft.ts'
import { ReflectionError } from '../../core/errors.ts'
import { answerOf } from '../../core/reply/reply-texts.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ModelState } from '../../state/model-loader.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import { viewOf } from '../../state/view-of-reply.ts'
import { containFailure } from '../parts/contain-failure.ts'
import type { MenuItem, PopupMenu } from '../parts/popup-menu.ts'
import type { Locale } from '../words/locales.ts'
import { branchSwitcher } from './branch-switcher.ts'
import { createCopiedNote } from './copied-note.ts'
import { replyText } from './copy-text.ts'
import type { ShowAttachedTexts } from './fetched-attached-texts.ts'
import type { MarkdownPart } from './markdown/fetch-markdown.ts'
import type { MessageEditing } from './message-editing.ts'
import type { DrawnRange } from './message-list.ts'
import { GrowingTextElement } from './growing-text.ts'
import { RawTextElement } from './raw-text.ts'
import { replyCard } from './reply-card.ts'
import { userMessage } from './user-message.ts'
import { versionsOf } from './versions.ts'

/** A model that failed. */
export type FailedModel = Extract<ModelState, { status: 'failed' }>

export interface MessageItemsParts {
  readonly session: ChatSession
  readonly locale: ReadableAtom<Locale>
  readonly thinking: ReadableAtom<ThinkingMode>
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  readonly editing: MessageEditing
  readonly markdown: MarkdownPart
  /** For what there is to do with a reply beside what its buttons do. */
  readonly menu: PopupMenu
  readonly redraw: () => void
  /** A run has begun. */
  readonly onRun: (run: Promise<void>) => void
  /** The user is done with the text of a message. */
  readonly onSave: (messageId: string, draft: MessageDraft) => void
  readonly showAttached: ShowAttachedTexts
  /** The user wants to read or change a text that is attached to a message that is edited. */
  readonly onOpenText: (messageId: string, index: number) => void
  /** Shows another version of a message. */
  readonly onSelect: (messageId: string, isForward: boolean) => void
  /** The failure of the model with which a reply failed; undefined where that was not the last thing that happened. */
  readonly failedWith: (node: ReplyNode) => FailedModel | undefined
  /** Whether the model was lost and comes back by itself. */
  readonly isReturning: () => boolean
  /** What to do about such a failure. */
  readonly modelRemedy: (model: FailedModel) => TemplateResult
  /** Whether the page around may add to what is done with replies. */
  readonly hasSlots: boolean
}

/** Draws a range of the branch that is shown. */
export type MessageItems = (path: readonly ConversationNode[], drawn: DrawnRange, canAsk: boolean) => unknown

/** The messages of a chat, each with what the user chose for it. One is drawn anew only when something of it has changed. */
export function createMessageItems(parts: MessageItemsParts): MessageItems {
  const { session, locale, thinking, writtenElsewhere, editing, markdown, menu, redraw, onRun, onSave, onSelect } =
    parts
  const { hasSlots, showAttached, onOpenText, failedWith, isReturning, modelRemedy } = parts
  defineElements()
  const reasoningOpen = new Map<string, boolean>() // by reply, where the user opened or closed it
  const raw = new Set<string>() // replies that are shown as they were written
  const counted = new Set<string>() // replies whose statistics are shown
  const withoutRoom = new Map<string, ReflectionError>() // replies that had no room to go on
  const copied = createCopiedNote(redraw)

  function userItem(node: UserNode, canAsk: boolean): unknown {
    const rewording = editing.rewordingOf(node.id)
    const outcome = copied.of(node.id)
    const versions = versionsOf(session.conversation.get(), node)
    const draw = () =>
      userMessage({
        node,
        canAsk,
        editing: rewording,
        copied: outcome,
        locale: locale.get(),
        branches: branches(node),
        onCopy: () => void copied.copy(node.id, node.content),
        onEdit: () => editing.begin(node.id, node.content),
        draft: () => editing.rewordingOf(node.id)?.draft ?? EMPTY_DRAFT,
        onDraft: (draft) => editing.change(node.id, () => draft),
        showAttached,
        onOpen: (index) => onOpenText(node.id, index),
        onCancel: () => editing.cancel(node.id),
        onSave: (draft) => onSave(node.id, draft),
      })
    if (rewording !== undefined) return draw() // what shows its long texts may just have come
    return guard([node, canAsk, outcome, versions.length, locale.get()], draw)
  }

  function replyItem(node: ReplyNode, canAsk: boolean, isLast: boolean): unknown {
    const view = viewOf(session, node)
    const current = session.run.get()
    const run = current?.replyId === node.id ? current : undefined
    const versions = versionsOf(session.conversation.get(), node)
    const mode = thinking.get()
    const isReasoningOpen = reasoningOpen.get(node.id)
    const showsRaw = raw.has(node.id) && mode === 'advanced'
    const showsStatistics = mode === 'advanced' || counted.has(node.id)
    const outcome = copied.of(node.id)
    const isWrittenElsewhere = writtenElsewhere.get().has(node.id)
    const failed = isLast ? failedWith(node) : undefined
    const returns = isLast && isReturning()
    const refusal = withoutRoom.get(node.id)
    const state = [node.status, isWrittenElsewhere, view, run, canAsk, isLast, failed, returns, versions.length]
    return guard(
      [...state, refusal, outcome, mode, isReasoningOpen, showsRaw, showsStatistics, markdown.status(), locale.get()],
      () =>
        replyCard({
          node,
          view,
          run,
          isWrittenElsewhere,
          canAsk,
          isLast,
          isNews: session.views.get().has(node.id),
          mode,
          isReasoningOpen,
          showsRaw,
          showsStatistics,
          hasMarkdown: markdown.status() === 'here',
          hasSlot: hasSlots && isLast,
          branches: branches(node),
          modelRemedy: failed && modelRemedy(failed),
          refusal,
          isReturning: returns,
          copied: outcome,
          locale: locale.get(),
          actions: {
            onToggleReasoning(isOpen) {
              reasoningOpen.set(node.id, isOpen)
              redraw()
            },
            onCopy: () => void copied.copy(node.id, textOf(node, 'answer')),
            onMore: (button) => menu.toggle(button, locale.get().words.reply.more, () => moreOf(node), 'start'),
            onRegenerate: () => onRun(session.regenerate(node.id)),
            onContinue: () => onRun(goOn(node.id)),
            onEditQuestion: () => editQuestion(node.parentId),
          },
        }),
    )
  }

  async function goOn(replyId: string): Promise<void> {
    withoutRoom.delete(replyId)
    try {
      await session.continueReply(replyId)
    } catch (error) {
      if (!ReflectionError.is(error) || error.code !== 'prompt-too-long') throw error
      withoutRoom.set(replyId, error)
      redraw()
    }
  }

  /** What there is to do with a reply beside what its buttons do. */
  function moreOf(node: ReplyNode): MenuItem[] {
    const { reply } = locale.get().words
    const mode = thinking.get()
    const hasReasoning = viewOf(session, node).parts.some(({ channel }) => channel !== 'output')
    const toggle = (set: Set<string>, show: string, hide: string): MenuItem => ({
      label: set.has(node.id) ? hide : show,
      onChoose() {
        if (!set.delete(node.id)) set.add(node.id)
        redraw()
      },
    })
    const copyAll = { label: reply.copyAll, onChoose: () => void copied.copy(node.id, textOf(node, 'all')) }
    return [
      ...(hasReasoning && mode !== 'hidden' ? [copyAll] : []),
      ...(mode === 'advanced' ? [toggle(raw, reply.raw, reply.rawHidden)] : []),
      ...(mode === 'advanced' ? [] : [toggle(counted, reply.statistics, reply.statisticsHidden)]),
    ]
  }

  function branches(node: ConversationNode): TemplateResult | typeof nothing {
    const { message, reply } = locale.get().words
    const versions = versionsOf(session.conversation.get(), node)
    const index = versions.indexOf(node.id)
    const words =
      node.role === 'user'
        ? { group: message.versionsOfMessage, previous: message.previousMessage, next: message.nextMessage }
        : { group: reply.versions, previous: reply.previous, next: reply.next }
    const position = message.version(index + 1, versions.length)
    return branchSwitcher(index, versions.length, { ...words, position }, (to) => {
      const target = versions[to]
      if (target !== undefined) onSelect(target, to > index)
    })
  }

  function editQuestion(messageId: string): void {
    const question = session.conversation.get().nodes.find(({ id }) => id === messageId)
    editing.begin(messageId, question?.content ?? '')
  }

  function textOf(node: ReplyNode, part: 'answer' | 'all'): string {
    const view = viewOf(session, node)
    return part === 'answer' ? answerOf(view) : replyText(view, locale.get().words.reply.check)
  }

  /** A message that cannot be drawn otherwise. */
  function asPlainText({ id, content }: ConversationNode): TemplateResult {
    return html`<article class="message" data-node=${id}>
      <p class="notice">${locale.get().words.message.notDrawn}</p>
      <st-raw-text class="answer" .labels=${locale.get().words.markdown} .text=${content}></st-raw-text>
    </article>`
  }

  return (path, { from, to }, canAsk) =>
    repeat(
      path.slice(from, to),
      ({ id }) => id,
      (node, index) => {
        const isLast = from + index === path.length - 1
        const item = () => (node.role === 'user' ? userItem(node, canAsk) : replyItem(node, canAsk, isLast))
        return containFailure(item, () => asPlainText(node))
      },
    )
}

function defineElements(): void {
  if (customElements.get('st-growing-text') !== undefined) return
  customElements.define('st-growing-text', GrowingTextElement)
  customElements.define('st-raw-text', RawTextElement)
}
