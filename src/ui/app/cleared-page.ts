import { html, render, type TemplateResult } from 'lit/html.js'
import { STORED_KINDS, type StoredKind, type StoredThings } from '../../state/stored-things.ts'
import type { DeviceWords } from '../words/device-en.ts'

export interface ClearedPageParts {
  readonly words: DeviceWords['cleared']
  /** This page deletes everything, or another one does. */
  readonly where: 'here' | 'elsewhere'
  /** Asks the browser what it keeps for this site. */
  readonly lookAtStoredThings: () => Promise<StoredThings>
  /** Whether a thing is of this page, and not of another one at the same address. */
  readonly isOwnThing: (kind: StoredKind, name: string) => boolean
  /** Deletes what can be deleted, or waits until another page has. */
  readonly remove: () => Promise<void>
}

/** Ends what is shown, deletes everything, and shows what was there and what is left of it: by looking before and afterwards. */
export async function showClearedPage(root: HTMLElement, parts: ClearedPageParts): Promise<void> {
  const { words, where, lookAtStoredThings: look, isOwnThing, remove } = parts
  let isUnreachable = false
  const main = document.createElement('main')
  main.className = 'cleared'
  root.replaceChildren(main)
  root.removeAttribute('style') // it may have been hidden, to be locked
  root.inert = false
  render(html`<p role="status">${words.working}</p>`, main)
  const before = await look()
  await remove()
  await showWhatIsLeft()
  main.querySelector<HTMLElement>('h1')?.focus()

  async function showWhatIsLeft(): Promise<void> {
    render(page(await look()), main)
  }

  function page(left: StoredThings): TemplateResult {
    const stays = STORED_KINDS.some((kind) => left[kind]?.some((name) => isOwnThing(kind, name)))
    return html`
      <h1 tabindex="-1">${stays ? words.partly : words[where]}</h1>
      <p>${words.looked}</p>
      <div role="status">
        <dl>
          ${STORED_KINDS.map(
            (kind) =>
              html`<dt>${words.kinds[kind]}</dt>
                <dd data-kind=${kind}>${thingsOf(kind, left)}</dd>`,
          )}
        </dl>
      </div>
      ${stays ? html`<p>${words.stays}</p>` : ''}
      <p class="hint">${words.notOurs}</p>
      <div class="cleared-actions">
        <button type="button" class="primary" @click=${() => void begin()}>${words.begin}</button>
        <button type="button" @click=${() => void showWhatIsLeft()}>${words.again}</button>
      </div>
      <p role="alert">${isUnreachable ? words.unreachable : ''}</p>
    `
  }

  /** Nothing is kept of the page by now: where it cannot be fetched, the browser would put an error of its own in place of this. */
  async function begin(): Promise<void> {
    // As the server sends it now: what the browser's own cache has of it may be older than what was just deleted.
    const { ok } = await fetch(location.pathname, { cache: 'reload' }).catch(() => ({ ok: false }))
    if (ok) return location.reload()
    isUnreachable = true
    await showWhatIsLeft()
  }

  function thingsOf(kind: StoredKind, left: StoredThings): TemplateResult | string {
    const now = left[kind]
    if (now === undefined) return words.unknown
    const names = [...new Set([...(before[kind] ?? []), ...now])].toSorted()
    if (names.length === 0) return words.nothing
    return html`<ul>
      ${names.map((name) => {
        const state = !now.includes(name) ? 'gone' : isOwnThing(kind, name) ? 'stays' : 'other'
        return html`<li data-state=${state}><code>${name}</code> ${words.states[state]}</li>`
      })}
    </ul>`
  }
}
