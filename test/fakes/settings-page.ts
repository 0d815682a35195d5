import { atom, computed } from 'nanostores'
import { mountSettings } from '../../src/ui/settings-dialog.ts'
import { applyAppearance } from '../../src/ui/apply-appearance.ts'
import { localeOf } from '../../src/ui/words/locales.ts'
import { DEFAULT_PREFERENCES } from '../../src/state/preferences.ts'
import { SCRIPTED_MODEL } from './scripted-engine.ts'
const q = new URLSearchParams(location.search)
const preferences = atom({ ...DEFAULT_PREFERENCES, ...(q.has('lang') ? { language: q.get('lang') } : {}) } as any)
const locale = computed(preferences, (p: any) => localeOf(p.language))
const signal = new AbortController().signal
const { selfCheckBias: _, ...bare } = SCRIPTED_MODEL
const s = mountSettings(
  document.querySelector('#app')!,
  {
    preferences,
    model: atom(q.has('bare') ? (bare as any) : { ...SCRIPTED_MODEL, name: 'Reflection Tiny' }),
    locale,
    onModels: () => undefined,
    ...(q.has('problem')
      ? { storageProblem: 'chat.temperature is 3, but must be a number of at least 0 and at most 2.' }
      : {}),
  },
  { signal },
)
applyAppearance(preferences, locale, { signal })
document.querySelector<HTMLElement>('#opener')!.onclick = () => s.open()
if (q.has('dir')) document.documentElement.dir = q.get('dir')!
