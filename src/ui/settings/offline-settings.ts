import { html, nothing, type TemplateResult } from 'lit/html.js'
import { atom, type ReadableAtom } from 'nanostores'
import type { OfflineCopy, OfflinePartState, OfflineState } from '../../state/offline-copy.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'
import type { DeviceWords } from '../words/device-en.ts'

export interface OfflineSettingsParts {
  /** Absent until the page is at rest, and where it cannot be kept. */
  readonly offline: ReadableAtom<OfflineCopy | undefined>
  readonly locale: ReadableAtom<Locale>
  readonly words: ReadableAtom<DeviceWords | undefined>
}

/** Whether the page works without a network, how much is kept for that, and what else can be. */
export function mountOfflineSettings(
  root: HTMLElement,
  { offline, locale, words: $words }: OfflineSettingsParts,
  life: { readonly signal: AbortSignal },
): void {
  const $state = atom<OfflineState | undefined>(undefined)
  const unsubscribe: (() => void)[] = []
  const follow = (copy: OfflineCopy | undefined) => {
    if (copy !== undefined) unsubscribe.push(copy.state.subscribe((state) => $state.set(state)))
  }
  unsubscribe.push(offline.subscribe(follow)) // it may be here by now
  life.signal.addEventListener('abort', () => unsubscribe.forEach((end) => end()))
  renderOnChange(root, [locale, $words, $state], all, life)

  function all(): TemplateResult | typeof nothing {
    const words = $words.get()?.offline
    const state = $state.get()
    if (words === undefined) return nothing
    const parts = state !== undefined && 'parts' in state ? state.parts : []
    const others = parts.filter(({ name, bytes, keptBytes }) => keptBytes < bytes && name !== 'page' && isOfUse(name))
    return html`<div class="setting">
        <p class="setting-name">${words.name}</p>
        <p class="hint" role="status">${lineOf(state, words, locale.get())}</p>
      </div>
      ${state?.status === 'ready' ? others.map((part) => row(part, words)) : nothing}`
  }

  function row({ name, bytes, keptBytes }: OfflinePartState, words: DeviceWords['offline']): TemplateResult {
    return html`<div class="setting">
      <p class="setting-name">${words.parts[name]}</p>
      <button
        type="button"
        aria-label=${words.keepOf(words.parts[name])}
        @click=${() => void offline.get()?.keep(name)}
      >
        ${words.keep}
      </button>
      <p class="hint">${words.partHint(locale.get().format.bytes(bytes - keptBytes))}</p>
    </div>`
  }
}

/** Threads are for pages that may share memory, and one thread for those that may not. */
function isOfUse(name: OfflinePartState['name']): boolean {
  return name === 'gpu' || (name === 'threads') === crossOriginIsolated
}

function lineOf(state: OfflineState | undefined, words: DeviceWords['offline'], { format }: Locale): string {
  switch (state?.status) {
    case undefined:
      return words.waiting
    case 'impossible':
      return words.why[state.why]
    case 'incomplete':
      return words.incomplete
    case 'preparing':
    case 'ready': {
      const needed = state.parts.filter(({ isNeeded }) => isNeeded)
      const all = format.bytes(needed.reduce((sum, { bytes }) => sum + bytes, 0))
      if (needed.length === 0) return words.waiting
      if (state.status === 'preparing') {
        return words.preparing(format.bytes(needed.reduce((sum, { keptBytes }) => sum + keptBytes, 0)), all)
      }
      return words.ready(format.bytes(state.parts.reduce((sum, { keptBytes }) => sum + keptBytes, 0)))
    }
  }
}
