import { html, type nothing, type TemplateResult } from 'lit/html.js'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ReadableAtom } from 'nanostores'
import type { ConversationNode, ReplyNode, UserNode } from '../../core/chat/conversation.ts'
import { answerOf } from '../../core/reply/reply-texts.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import { containFailure } from '../parts/contain-failure.ts'
import type { Locale } from '../words/locales.ts'
import { branchSwitcher } from './branch-switcher.ts'
import { createCopiedNote, type Copied } from './copied-note.ts'
import { replyText } from './copy-text.ts'
import type { MarkdownPart } from './markdown/fetch-markdown.ts'
import type { MessageEditing } from './message-editing.ts'
import { replyCard } from './reply-card.ts'
import { userMessage } from './user-message.ts'
import { versionsOf } from './versions.ts'

export interface MessageItemsParts {
  readonly session: ChatSession
  readonly locale: ReadableAtom<Locale>
  readonly thinking: ReadableAtom<ThinkingMode>
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  readonly editing: MessageEditing
  readonly markdown: MarkdownPart
  readonly redraw: () => void
  /** A run has begun. */
  readonly onRun: (run: Promise<void>) => void
  /** The user is done with the text of a message. */
  readonly onSave: (messageId: string, text: string) => void
  /** Shows another version of a message. */
  readonly onSelect: (messageId: string, isForward: boolean) => void
}

/** Draws some messages of the branch that is shown. @param hidden - How many come before them. */
export type MessageItems = (path: readonly ConversationNode[], hidden: number, canAsk: boolean) => unknown

/** The messages of a chat, each with what the user chose for it. One is drawn anew only when something of it has changed. */
export function createMessageItems(parts: MessageItemsParts): MessageItems {
  const { session, locale, thinking, writtenElsewhere, editing, markdown, redraw, onRun, onSave, onSelect } = parts
  const reasoningOpen = new Map<string, boolean>() // by reply, where the user opened or closed it
  const raw = new Set<string>() // replies that are shown as they were written
  const copied = createCopiedNote(redraw)

  function userItem(node: UserNode, canAsk: boolean): unknown {
    const wording = editing.wordingOf(node.id)
    const isCopied = copied.of(node.id) !== undefined
    const versions = versionsOf(session.conversation.get(), node)
    return guard([node, canAsk, wording, isCopied, versions.length, locale.get()], () =>
      userMessage({
        node,
        canAsk,
        editing: wording,
        isCopied,
        locale: locale.get(),
        branches: branches(node),
        onCopy: () => void copied.copy(node.id, 'answer', node.content),
        onEdit: () => editing.begin(node.id, node.content),
        onText: editing.write,
        onCancel: editing.cancel,
        onSave: (text) => onSave(node.id, text),
      }),
    )
  }

  function replyItem(node: ReplyNode, canAsk: boolean, isLast: boolean): unknown {
    const view = session.viewOf(node)
    const current = session.run.get()
    const run = current?.replyId === node.id ? current : undefined
    const versions = versionsOf(session.conversation.get(), node)
    const mode = thinking.get()
    const isReasoningOpen = reasoningOpen.get(node.id)
    const showsRaw = raw.has(node.id) && mode === 'advanced'
    const what = copied.of(node.id)
    const isWrittenElsewhere = writtenElsewhere.get().has(node.id)
    const state = [node.status, isWrittenElsewhere, view, run, canAsk, isLast, versions.length]
    return guard([...state, what, mode, isReasoningOpen, showsRaw, markdown.status(), locale.get()], () =>
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
        hasMarkdown: markdown.status() === 'here',
        branches: branches(node),
        copied: what,
        locale: locale.get(),
        actions: {
          onToggleReasoning(isOpen) {
            reasoningOpen.set(node.id, isOpen)
            redraw()
          },
          onToggleRaw() {
            if (!raw.delete(node.id)) raw.add(node.id)
            redraw()
          },
          onCopy: (part) => void copied.copy(node.id, part, textOf(node, part)),
          onRegenerate: () => onRun(session.regenerate(node.id)),
          onContinue: () => onRun(session.continueReply(node.id)),
          onEditQuestion: () => editQuestion(node.parentId),
        },
      }),
    )
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

  function textOf(node: ReplyNode, part: Copied): string {
    const view = session.viewOf(node)
    return part === 'answer' ? answerOf(view) : replyText(view, locale.get().words.reply.check)
  }

  /** A message that cannot be drawn otherwise. */
  function asPlainText({ id, content }: ConversationNode): TemplateResult {
    return html`<article class="message" data-node=${id}>
      <p class="notice">${locale.get().words.message.notDrawn}</p>
      <st-growing-text .text=${content}></st-growing-text>
    </article>`
  }

  return (path, hidden, canAsk) =>
    repeat(
      path.slice(hidden),
      ({ id }) => id,
      (node, index) => {
        const isLast = hidden + index === path.length - 1
        const item = () => (node.role === 'user' ? userItem(node, canAsk) : replyItem(node, canAsk, isLast))
        return containFailure(item, () => asPlainText(node))
      },
    )
}
