import { html, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { Monitor, Moon, Sun } from 'lucide'
import type { Preferences } from '../../state/preferences.ts'
import { choiceField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'
import { LANGUAGES, languageOf } from '../words/locales.ts'

/** How the page looks and what language it speaks. */
export function appearanceSettings({ preferences, locale, change, changeLanguage }: SettingsView): TemplateResult {
  const words = locale.words.settings
  const chosen = preferences.language === undefined ? undefined : languageOf(preferences.language)
  const own = LANGUAGES[languageOf(undefined)].name
  return html`
    ${choiceField<Preferences['theme']>({
      name: 'setting-theme',
      legend: words.theme,
      hint: words.themeHint,
      choices: words.themes,
      icons: { system: Monitor, light: Sun, dark: Moon },
      chosen: preferences.theme,
      onChange: (theme) => change({ theme }),
    })}
    <div class="setting">
      <label for="setting-language">${words.language}</label>
      <select
        id="setting-language"
        aria-describedby="setting-language-hint"
        @change=${(event: Event) => changeLanguage((event.target as HTMLSelectElement).value)}
      >
        <option value="" .selected=${live(chosen === undefined)}>${words.browsersOwn(own)}</option>
        ${Object.entries(LANGUAGES).map(
          ([tag, { name }]) =>
            html`<option value=${tag} lang=${tag} .selected=${live(tag === chosen)}>${name}</option>`,
        )}
      </select>
      <p class="hint" id="setting-language-hint">${words.languageHint}</p>
    </div>
  `
}
