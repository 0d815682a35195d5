import { html, nothing, type TemplateResult } from 'lit/html.js'
import { ChevronDown, CloudUpload } from 'lucide'
import type { ReadableAtom } from 'nanostores'
import { downloadBytesFor } from '../../core/models/engine-files.ts'
import { hostOf } from '../../core/models/remote-server.ts'
import type { CatalogEntry, ModelCatalog } from '../../state/model-catalog.ts'
import type { ModelLoader } from '../../state/model-loader.ts'
import { engineWords } from '../models/engine-words.ts'
import { isAtHand } from '../models/model-families.ts'
import { modelStatus, statusWord } from '../models/model-status.ts'
import { plainModelName } from '../models/plain-model-name.ts'
import { icon } from '../parts/icon.ts'
import { mountPopupMenu, type MenuItem } from '../parts/popup-menu.ts'
import type { Locale } from '../words/locales.ts'
import { downloadShare, stateDot } from './state-dot.ts'

export interface ModelPickerParts {
  readonly loader: ModelLoader
  readonly catalog: ModelCatalog
  readonly locale: ReadableAtom<Locale>
  /** Goes to the page of all models. */
  readonly onAll: () => void
}

/**
 * A button that says which model answers and how it stands with it; its menu has those models that are here at once, and the way to all.
 * @param menus - Where the menu goes.
 * @returns The template of the button, for whoever renders the place where it stands.
 */
export function createModelPicker(
  menus: HTMLElement,
  { loader, catalog, locale, onAll }: ModelPickerParts,
  { signal }: { readonly signal: AbortSignal },
): () => TemplateResult {
  const menu = mountPopupMenu(menus, { signal })
  const unsubscribe = [catalog.entries.listen(menu.update), locale.listen(menu.close)]
  signal.addEventListener('abort', () => unsubscribe.forEach((end) => end()))

  function items(): MenuItem[] {
    const { words } = locale.get()
    const here = catalog.entries.get().filter(isHere)
    return [
      ...here.map((entry) => ({
        label: entry.model?.name ?? entry.name,
        detail: detailOf(entry),
        isChosen: entry.loading !== undefined,
        onChoose: () => choose(entry),
      })),
      { label: words.model.all, isApart: here.length > 0, onChoose: onAll },
    ]
  }

  /** What it takes; of the one in use also what it runs on, why, and what would be faster. */
  function detailOf({ model, engine, loading }: CatalogEntry): string {
    const { words, format } = locale.get()
    if (model?.server !== undefined) return words.server.summary(hostOf(model.server))
    const bytes = model === undefined ? 0 : downloadBytesFor(model, engine?.engine ?? 'gpu')
    const size = words.model.downloadOf(format.bytes(bytes))
    const isInUse = loading === 'ready' && engine !== undefined && engine.engine !== 'server'
    return isInUse ? `${size}. ${engineWords(engine, words)}` : size
  }

  function choose(entry: CatalogEntry): void {
    if (entry.loading !== 'ready' && entry.loading !== 'loading') void catalog.choose(entry)
  }

  function onClick({ currentTarget }: MouseEvent): void {
    if (!(currentTarget instanceof HTMLElement)) return
    void catalog.refresh() // what is stored may have changed; the menu follows
    menu.toggle(currentTarget, locale.get().words.model.choose, items, 'start')
  }

  return () => {
    const { words, format } = locale.get()
    const state = loader.model.get()
    const name = 'model' in state && state.model !== undefined ? plainModelName(state.model.name) : undefined
    const share = state.status === 'loading' ? downloadShare(state) : undefined
    const isLong = share === undefined // words, for which a narrow page has no room
    const news = share === undefined ? statusWord(state, words.model) : format.percent(share)
    const isElsewhere = 'model' in state && state.model?.server !== undefined
    const onProcessor = state.status === 'ready' && state.engine.engine === 'processor'
    return html`<button type="button" class="picker" aria-haspopup="menu" aria-expanded="false" @click=${onClick}>
        <span class="unseen">${words.model.picker}</span>${stateDot(state)}
        ${name === undefined ? nothing : html`<span class="picker-name" dir="auto">${name}</span>`}
        ${onProcessor ? html`<span class="picker-news picker-engine">${words.engine.short}</span>` : nothing}
        ${isElsewhere ? html`<span class="picker-news picker-server">${icon(CloudUpload)}<span>${words.server.badge}</span></span>` : nothing}
        <span class=${state.status === 'ready' ? 'unseen' : isLong ? 'picker-news long' : 'picker-news'}>${news}</span>
        ${icon(ChevronDown)}
      </button>
      <span class="unseen" role="status">${modelStatus(state, words)}</span>`
  }
}

/** Whether it can be used at once, or is the one in use. */
function isHere(entry: CatalogEntry): boolean {
  return entry.loading !== undefined || isAtHand(entry)
}
