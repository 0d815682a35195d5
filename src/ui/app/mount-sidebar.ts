import { html, nothing, type TemplateResult } from 'lit/html.js'
import { Box, LockKeyhole, PanelLeft, Settings } from 'lucide'
import type { ReadableAtom, WritableAtom } from 'nanostores'
import type { Preferences } from '../../state/preferences.ts'
import type { StoragePrivacy } from '../../state/privacy.ts'
import { formatRoute, type Route } from '../../state/route.ts'
import { icon } from '../parts/icon.ts'
import { iconButton } from '../parts/icon-button.ts'
import { mark } from '../parts/mark.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface SidebarParts {
  readonly preferences: WritableAtom<Preferences>
  readonly locale: ReadableAtom<Locale>
  readonly route: ReadableAtom<Route>
  readonly onSettings: () => void
  /** Encrypted chats can be locked here. */
  readonly privacy: Pick<StoragePrivacy, 'mode' | 'lock'> | undefined
  /** It stands beside the page from now on, or no longer does. */
  readonly onPlaced: (isBeside: boolean) => void
  /** It was closed by its own button, and the focus has to go elsewhere. */
  readonly onHidden: () => void
}

export interface Sidebar {
  /** Where the list of chats goes. */
  readonly list: HTMLElement
  /** Shows it, beside the page or over it. */
  show(): void
  /** Closes it where it stands over the page. */
  closeDrawer(): void
}

/** Where there is room for it beside the page; on narrower ones it is a drawer over it. */
const WIDE = '(min-width: 48rem)'

/** The name of the product, a place for the list of chats, and the ways to models and settings. It can be put away, which is remembered. */
export function mountSidebar(
  sidebar: HTMLDialogElement,
  { preferences, locale, route, onSettings, privacy, onPlaced, onHidden }: SidebarParts,
  { signal }: { readonly signal: AbortSignal },
): Sidebar {
  const wide = matchMedia(WIDE)
  const head = document.createElement('div')
  const list = document.createElement('div')
  const foot = document.createElement('nav')
  head.className = 'sidebar-head'
  list.className = 'sidebar-list'
  foot.className = 'sidebar-foot'
  sidebar.append(head, list, foot)

  function headView(): TemplateResult {
    const { page: labels } = locale.get().words
    sidebar.setAttribute('aria-label', labels.chats)
    return html`${mark()}<span class="sidebar-name">Second Thought</span>
      ${iconButton({ label: labels.closeSidebar, icon: PanelLeft, kind: 'hide-chats mirrors', onClick: hide })}`
  }

  function footView(): TemplateResult {
    const { page: labels } = locale.get().words
    return html`
      <a
        class="foot-link"
        href=${formatRoute({ page: 'models' })}
        aria-current=${route.get().page === 'models' ? 'page' : nothing}
        @click=${closeDrawer}
        >${icon(Box)}${labels.models}</a
      >
      <button type="button" class="foot-link" @click=${onSettings}>${icon(Settings)}${labels.settings}</button>
      ${
        privacy?.mode.get() === 'encrypted'
          ? html`<button type="button" class="foot-link" @click=${privacy.lock}>
              ${icon(LockKeyhole)}${labels.lock}
            </button>`
          : nothing
      }
    `
  }

  function remember(isHidden: boolean): void {
    preferences.set({ ...preferences.get(), isSidebarHidden: isHidden })
    place()
  }

  function show(): void {
    if (wide.matches) {
      if (preferences.get().isSidebarHidden !== true) return
      remember(false)
      head.querySelector('button')?.focus()
    } else if (!sidebar.open) {
      sidebar.showModal()
    }
  }

  function hide(): void {
    if (!wide.matches) return closeDrawer()
    remember(true)
    onHidden()
  }

  function closeDrawer(): void {
    if (!wide.matches && sidebar.open) sidebar.close()
  }

  /** Beside the page it is a part of it like any other. */
  function place(): void {
    const isBeside = wide.matches && preferences.get().isSidebarHidden !== true
    if (isBeside === (sidebar.getAttribute('role') === 'complementary')) return
    if (sidebar.open) sidebar.close()
    if (isBeside) {
      sidebar.setAttribute('role', 'complementary')
      sidebar.setAttribute('open', '') // not show(), which would take the focus
    } else {
      sidebar.removeAttribute('role')
    }
    onPlaced(isBeside)
  }

  renderOnChange(head, [locale], headView, { signal })
  renderOnChange(foot, [locale, route, ...(privacy === undefined ? [] : [privacy.mode])], footView, { signal })
  place()
  const unsubscribe = preferences.listen(place)
  wide.addEventListener('change', place, { signal })
  sidebar.addEventListener('click', ({ target }) => target === sidebar && closeDrawer(), { signal }) // its backdrop
  signal.addEventListener('abort', () => {
    unsubscribe()
    sidebar.replaceChildren()
  })
  return { list, show, closeDrawer }
}
