import { html, type TemplateResult } from 'lit/html.js'
import { Brain, HardDrive, LockKeyhole, SlidersHorizontal, SunMoon, Box } from 'lucide'
import { icon, type IconShape } from '../parts/icon.ts'
import { SETTING_SECTIONS, type SettingSection } from './setting-sections.ts'
import type { Words } from '../words/locales.ts'

const ICONS: Readonly<Record<SettingSection, IconShape>> = {
  appearance: SunMoon,
  thinking: Brain,
  model: Box,
  privacy: LockKeyhole,
  data: HardDrive,
  advanced: SlidersHorizontal,
}

export interface SectionTabsProps {
  readonly shown: SettingSection
  /** Below each other, or side by side. */
  readonly isList: boolean
  readonly words: Words
  readonly onShow: (section: SettingSection) => void
}

/** The parts of the settings, of which one is shown. Tab stops once; arrows lead from one to the next, and show it. */
export function sectionTabs({ shown, isList, words, onShow }: SectionTabsProps): TemplateResult {
  const onKey = (event: KeyboardEvent) => {
    const next = sectionAt(event, shown)
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    onShow(next)
    const tabs = event.currentTarget as HTMLElement
    tabs.querySelector<HTMLElement>(`#settings-tab-${next}`)?.focus()
  }
  return html`<div
    class="settings-tabs"
    role="tablist"
    aria-label=${words.settings.sections}
    aria-orientation=${isList ? 'vertical' : 'horizontal'}
    @keydown=${onKey}
  >
    ${SETTING_SECTIONS.map(
      (section) =>
        html`<button
          type="button"
          role="tab"
          id="settings-tab-${section}"
          aria-controls="settings-panel-${section}"
          aria-selected=${section === shown}
          tabindex=${section === shown ? 0 : -1}
          @click=${() => onShow(section)}
        >
          ${icon(ICONS[section])}<span>${words.settings.sectionNames[section]}</span>
        </button>`,
    )}
  </div>`
}

/** Where a key leads from a section. */
function sectionAt({ key, currentTarget }: KeyboardEvent, from: SettingSection): SettingSection | undefined {
  const at = SETTING_SECTIONS.indexOf(from)
  const isRightToLeft = getComputedStyle(currentTarget as HTMLElement).direction === 'rtl'
  const count = SETTING_SECTIONS.length
  if (key === 'ArrowDown' || key === (isRightToLeft ? 'ArrowLeft' : 'ArrowRight'))
    return SETTING_SECTIONS[(at + 1) % count]
  if (key === 'ArrowUp' || key === (isRightToLeft ? 'ArrowRight' : 'ArrowLeft')) return SETTING_SECTIONS.at(at - 1)
  if (key === 'Home') return SETTING_SECTIONS[0]
  if (key === 'End') return SETTING_SECTIONS.at(-1)
  return undefined
}
