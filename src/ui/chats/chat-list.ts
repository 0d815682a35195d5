import { html, nothing, render, type TemplateResult } from 'lit/html.js'
import { cache } from 'lit/directives/cache.js'
import { repeat } from 'lit/directives/repeat.js'
import { SquarePen } from 'lucide'
import { computed, type ReadableAtom } from 'nanostores'
import type { ChatSummary } from '../../core/chat/conversation-store.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import { createChatFinder } from '../../state/find-chats.ts'
import { formatRoute } from '../../state/route.ts'
import { askQuestion, type Question } from '../parts/ask-question.ts'
import { groupChats, type ChatGroup } from './chat-groups.ts'
import { chatRow, renameRow, shownTitle } from './chat-row.ts'
import { dropFiles } from '../parts/drop-files.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { icon } from '../parts/icon.ts'
import { mountFailureNote } from '../parts/failure-note.ts'
import type { ChatImport } from '../parts/import-chats.ts'
import { noteFocus } from '../parts/note-focus.ts'
import { mountPopupMenu, type MenuItem } from '../parts/popup-menu.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { mountSearchBox } from './search-box.ts'
import { searchHits } from './search-hits.ts'
import { mountUndoBar } from './undo-bar.ts'
import { needLaterWords, type Locale } from '../words/locales.ts'

export interface ChatListParts {
  readonly library: ChatLibrary
  readonly session: ChatSession
  readonly locale: ReadableAtom<Locale>
  /** A chat was opened or begun. */
  readonly onChosen: () => void
  /** A new chat was begun. */
  readonly onBegun: () => void
  readonly fetchPart: FetchPart
}

export interface MountedChatList {
  focusSearch(): void
}

/** The chats of this device: begin, find, open, name, save, delete. Links lead to addresses, which whoever mounts this follows. */
export function mountChatList(
  root: HTMLElement,
  { library, session, locale, onChosen, onBegun, fetchPart }: ChatListParts,
  { signal }: { readonly signal: AbortSignal },
): MountedChatList {
  const life = { signal }
  const finder = createChatFinder(library)
  const $shownId = computed(session.conversation, ({ id }) => id)
  const $writing = computed([$shownId, session.runs, library.writtenElsewhere], (shownId, runs, elsewhere) =>
    [...new Set([...runs.keys(), ...(elsewhere.size > 0 ? [shownId] : [])])].toSorted().join(' '),
  ) // as one text, which stays the same while a reply grows
  let renaming: { readonly chatId: string; readonly groups: readonly ChatGroup[] } | undefined // which chat, among which others
  let stop: string | undefined // the chat at which Tab stops
  let wanted: string | undefined // the chat that takes the focus when it is drawn

  render(
    html`<div class="chats">
      <div class="chats-head"></div>
      <div class="chats-search"></div>
      <div class="chats-body"></div>
      <div class="chats-foot">
        <div></div>
        <div></div>
        <div></div>
        <div></div>
      </div>
      <p class="chats-drop" hidden></p>
      <p class="chats-news unseen" role="status"></p>
      <div class="chats-dialogs"></div>
    </div>`,
    root,
  )
  const part = (selector: string): HTMLElement => {
    const element = root.querySelector<HTMLElement>(selector)
    if (element === null) throw new Error(`The list of chats has no ${selector}.`)
    return element
  }
  const body = part('.chats-body')
  const drop = part('.chats-drop')
  const dialogs = part('.chats-dialogs')
  const ask = (question: Question) => askQuestion(dialogs, question, life)
  const words = () => locale.get().words

  renderOnChange(part('.chats-head'), [locale], head, life)
  const focusSearch = mountSearchBox(part('.chats-search'), { finder, locale, onDown: () => links()[0]?.focus() }, life)
  const draw = renderOnChange(
    body,
    [locale, library.list, library.storageError, $shownId, $writing, library.unread, finder.found],
    () => cache(finder.found.get() === undefined ? list() : hits()), // making hundreds of rows anew takes too long
    { signal, afterRender },
  )
  const menu = mountPopupMenu(part('.chats'), life)
  mountUndoBar(part('.chats-foot > :nth-child(1)'), { library, locale, onUndone: focusChat }, life)
  const attempt = mountFailureNote(part('.chats-foot > :nth-child(2)'), { locale }, life)
  let hasUnreadable = false
  const endUnreadable = library.unreadable.subscribe(async ({ length }) => {
    if (length === 0 || hasUnreadable) return
    hasUnreadable = true // few ever have any
    const unreadable = await withLaterWords(import('../parts/unreadable-chats.ts'))
    if (unreadable === undefined) hasUnreadable = false
    else if (!signal.aborted)
      unreadable.mountUnreadableChats(part('.chats-foot > :nth-child(3)'), { library, locale, ask, attempt }, life)
  })
  signal.addEventListener('abort', () => endUnreadable())
  let dropped: ChatImport | undefined // once files were
  dropFiles(part('.chats'), drop, (files) => void importDropped(files), life)

  /** Waits for a part and what it says. */
  function withLaterWords<Part>(coming: Promise<Part>): Promise<Part | undefined> {
    return fetchPart(Promise.all([coming, needLaterWords(locale)]).then(([fetched]) => fetched))
  }

  async function importDropped(files: readonly File[]): Promise<void> {
    const imports = await withLaterWords(import('../parts/import-chats.ts'))
    if (imports === undefined) return
    dropped ??= imports.mountImportChats(
      part('.chats-foot > :nth-child(4)'),
      { library, session, locale, attempt, fetchPart, onDismissed: focusSearch },
      life,
    )
    await dropped.importFiles(files)
  }

  function head(): TemplateResult {
    drop.textContent = words().chatList.drop
    return html`<button type="button" class="begin" aria-keyshortcuts="Control+Shift+O Meta+Shift+O" @click=${begin}>
      ${icon(SquarePen)}${words().page.newChat}
    </button>`
  }

  function list(): TemplateResult {
    const { chatList } = words()
    const { status, chats } = library.list.get()
    const hasFailed = library.storageError.get() !== undefined
    const shownId = $shownId.get()
    if (!chats.some(({ id }) => id === stop)) stop = chats.find(({ id }) => id === shownId)?.id ?? chats[0]?.id
    return html`
      ${hasFailed ? html`<p class="chats-note">${chatList.failed}</p>` : nothing}
      ${status === 'reading' ? html`<p class="chats-note">${chatList.reading}</p>` : nothing}
      ${
        status === 'ready' && chats.length === 0 && !hasFailed
          ? html`<p class="chats-note">${chatList.empty}</p>`
          : nothing
      }
      ${repeat(renaming?.groups ?? groupChats(chats, Date.now()), groupKey, (group) => groupSection(group, shownId))}
    `
  }

  function groupSection(group: ChatGroup, shownId: string): TemplateResult {
    const name = groupName(group)
    return html`<section class="chat-group">
      <h2>${name}</h2>
      <ul aria-label=${name}>
        ${repeat(
          group.chats,
          ({ id }) => id,
          (chat) =>
            chat.id === renaming?.chatId
              ? renameRow({
                  chat,
                  words: words(),
                  onSave: (title) => void rename(chat, title),
                  onCancel: () => endRename(chat.id),
                })
              : chatRow({
                  chat,
                  isShown: chat.id === shownId,
                  mark: markOf(chat.id),
                  isStop: chat.id === stop,
                  words: words(),
                }),
        )}
      </ul>
    </section>`
  }

  function markOf(chatId: string): 'writing' | 'unread' | undefined {
    if (isWriting(chatId)) return 'writing'
    return library.unread.get().has(chatId) ? 'unread' : undefined
  }

  function isWriting(chatId: string): boolean {
    return $writing.get().split(' ').includes(chatId)
  }

  /** For those who do not see the mark. */
  function tellNews(unread: ReadonlySet<string>, before: ReadonlySet<string> = new Set()): void {
    const chat = library.list.get().chats.find(({ id }) => unread.has(id) && !before.has(id))
    part('.chats-news').textContent = chat === undefined ? '' : words().chatList.replied(shownTitle(chat, words()))
  }

  function groupName({ period, time }: ChatGroup): string {
    if (period !== 'month') return words().chatList[period]
    return new Intl.DateTimeFormat(locale.get().language, { month: 'long', year: 'numeric' }).format(time)
  }

  /** The same in all languages. */
  function groupKey({ period, time }: ChatGroup): string {
    const date = new Date(time)
    return period === 'month' ? `${date.getFullYear()}-${date.getMonth()}` : period
  }

  function hits(): TemplateResult {
    // As the chats are now: some may have been renamed or deleted since they were found.
    const now = new Map(library.list.get().chats.map((chat) => [chat.id, chat]))
    const found = (finder.found.get()?.hits ?? []).flatMap(({ summary: { id }, match }) => {
      const summary = now.get(id)
      return summary === undefined ? [] : [{ summary, match }]
    })
    return searchHits({ hits: found, shownId: $shownId.get(), locale: locale.get() })
  }

  function begin(): void {
    library.create()
    location.hash = formatRoute({ page: 'chat' }) // also when another page than the chat is shown
    onChosen()
    onBegun()
  }

  function links(): HTMLElement[] {
    return [...body.querySelectorAll<HTMLElement>('.chat-link, .hit-link')]
  }

  function chatOf(target: EventTarget | null): ChatSummary | undefined {
    const row = target instanceof Element ? target.closest<HTMLElement>('[data-chat-id]') : null
    return library.list.get().chats.find(({ id }) => id === row?.dataset['chatId'])
  }

  function rowOf(chatId: string): HTMLElement | undefined {
    return [...body.querySelectorAll<HTMLElement>('[data-chat-id]')].find(({ dataset }) => dataset['chatId'] === chatId)
  }

  function focusChat(chatId: string): void {
    wanted = chatId
    draw.now()
  }

  function afterRender(): void {
    if (renaming !== undefined && wanted === renaming.chatId) {
      const field = rowOf(wanted)?.querySelector('input')
      field?.focus()
      field?.select()
    } else if (wanted !== undefined) {
      rowOf(wanted)?.querySelector('a')?.focus()
    }
    wanted = undefined
  }

  function itemsFor(chat: ChatSummary): readonly MenuItem[] {
    const { chatList } = words()
    const stopReply = { label: chatList.stop, onChoose: () => session.stop(chat.id) }
    return [
      ...(session.runs.get().has(chat.id) ? [stopReply] : []),
      { label: chatList.rename, onChoose: () => beginRename(chat.id) },
      {
        label: chatList.exportMarkdown,
        onChoose: () => void saveChat(chat, 'markdown'),
      },
      { label: chatList.exportJson, onChoose: () => void saveChat(chat, 'json') },
      { label: chatList.delete, isDanger: true, onChoose: () => void deleteChat(chat.id) },
    ]
  }

  function saveChat({ id, updatedAt }: ChatSummary, form: 'markdown' | 'json'): Promise<void> {
    return attempt(async () => {
      const files = await withLaterWords(import('./export-chat-files.ts'))
      if (files === undefined) return
      for await (const conversation of library.all()) {
        if (conversation.id !== id) continue
        return form === 'json'
          ? files.saveChatAsJson(conversation, updatedAt)
          : files.saveChatAsMarkdown(conversation, locale.get())
      }
    })
  }

  /** As long as a name is typed the list stays as it is: a row that moves would take the field along, and its focus away. */
  function beginRename(chatId: string): void {
    renaming = { chatId, groups: groupChats(library.list.get().chats, Date.now()) }
    focusChat(chatId)
  }

  function endRename(chatId: string): void {
    renaming = undefined
    focusChat(chatId)
  }

  async function rename({ id, title }: ChatSummary, typed: string): Promise<void> {
    if (renaming?.chatId !== id) return // the field lost the focus because it was saved or cancelled
    const hadFocus = body.contains(document.activeElement)
    renaming = undefined
    if (hadFocus) focusChat(id)
    else draw.now()
    const isUnmoved = noteFocus()
    if (typed.trim() !== title) await library.rename(id, typed)
    if (hadFocus && isUnmoved()) focusChat(id) // its row may be elsewhere now
  }

  /** The focus goes to the chat below, or else the one above. */
  async function deleteChat(chatId: string): Promise<void> {
    const { chats } = library.list.get()
    const at = chats.findIndex(({ id }) => id === chatId)
    const next = chats[at + 1] ?? chats[at - 1]
    const isUnmoved = noteFocus()
    await library.delete(chatId)
    if (!isUnmoved()) return
    if (next === undefined) root.querySelector<HTMLElement>('.begin')?.focus()
    else focusChat(next.id)
  }

  function onClick(event: MouseEvent): void {
    const { target } = event
    if (!(target instanceof Element)) return
    const opener = target.closest<HTMLElement>('.chat-actions')
    const chat = chatOf(target)
    if (opener !== null && chat !== undefined) {
      menu.toggle(opener, words().chatList.actions(shownTitle(chat, words())), () => itemsFor(chat))
    } else if (target.closest('a') !== null && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
      onChosen()
    }
  }

  function onKey(event: KeyboardEvent): void {
    const { target, key } = event
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLAnchorElement)) return
    const all = links()
    const at = all.findIndex((link) => link === target)
    const chat = target.matches('.chat-link') ? chatOf(target) : undefined
    if (key === 'ArrowDown') all[at + 1]?.focus()
    else if (key === 'ArrowUp' && at === 0 && chat === undefined) focusSearch()
    else if (key === 'ArrowUp') all[at - 1]?.focus()
    else if (key === 'Home') all[0]?.focus()
    else if (key === 'End') all.at(-1)?.focus()
    else if (key === 'Delete' && chat !== undefined) {
      if (!event.repeat) void deleteChat(chat.id) // only the last one can be brought back
    } else if (key === 'F2' && chat !== undefined) beginRename(chat.id)
    else return
    event.preventDefault()
  }

  function onFocus({ target }: FocusEvent): void {
    const id = chatOf(target)?.id
    if (id === undefined || id === stop) return
    stop = id
    draw.now()
  }

  body.addEventListener('click', onClick, life)
  body.addEventListener('keydown', onKey, life)
  body.addEventListener('focusin', onFocus, life)
  document.addEventListener('visibilitychange', draw, life) // it may be another day
  const unlisten = library.unread.listen(tellNews)
  signal.addEventListener('abort', () => {
    unlisten()
    render(nothing, root)
  })

  return { focusSearch }
}
