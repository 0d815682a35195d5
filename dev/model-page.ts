/**
 * The page of models with an engine that plays a script, for a look at it while developing: `npm run dev`, then
 * dev/model-page.html?device=desktop|software|none|phone&language=zh-CN&dir=rtl.
 */
import { atom } from 'nanostores'
import { ReflectionError } from '../src/core/errors.ts'
import type { Capabilities } from '../src/core/engine.ts'
import { findModel } from '../src/core/models/find-model.ts'
import { ggufAddress } from '../src/core/models/gguf/gguf-address.ts'
import { createChatSession } from '../src/state/chat-session.ts'
import { createModelLoader } from '../src/state/model-loader.ts'
import { createModelCatalog } from '../src/state/model-catalog.ts'
import { DEFAULT_PREFERENCES } from '../src/state/preferences.ts'
import { mountModelPage } from '../src/ui/models/model-page.ts'
import { languageOf, loadLocale, needLaterWords } from '../src/ui/words/locales.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../test/fakes/scripted-engine.ts'

const GIBIBYTE = 2 ** 30

const DESKTOP: Partial<Capabilities> = {
  adapter: { name: 'NVIDIA GeForce RTX 4070', vendor: 'nvidia', architecture: 'lovelace', isFallback: false },
  features: ['shader-f16'],
  limits: { maxBufferSize: 4 * GIBIBYTE, maxStorageBufferBindingSize: 2 * GIBIBYTE - 4 },
  deviceMemoryBytes: 8 * GIBIBYTE,
  storage: { quotaBytes: 60e9, usedBytes: 0.9e9 },
}

const DEVICES: Readonly<Record<string, Partial<Capabilities>>> = {
  desktop: DESKTOP,
  software: { ...DESKTOP, adapter: { name: 'SwiftShader', vendor: '', architecture: '', isFallback: true } },
  none: { webgpu: 'no-adapter', storage: { quotaBytes: 60e9, usedBytes: 0 } },
  phone: { ...DESKTOP, features: [], deviceMemoryBytes: 4 * GIBIBYTE, storage: { quotaBytes: 2e9, usedBytes: 1e8 } },
}

const OWN = 'https://models.example/mine/resolve/v1/manifest.json'
const GONE = 'https://gone.example/resolve/v1/manifest.json'

const query = new URLSearchParams(location.search)
document.dir = query.get('dir') ?? 'ltr'
const root = document.querySelector<HTMLElement>('#models')
if (root !== null) {
  const engine = createScriptedEngine({
    replies: [],
    pace: () => new Promise((resolve) => setTimeout(resolve, 400)),
    capabilities: DEVICES[query.get('device') ?? 'desktop'] ?? DESKTOP,
    stored: new Map([
      ['reflection-tiny', 3_400_000],
      ['Llama-3.2-1B-Instruct-q4f16_1-MLC', 300e6],
    ]),
    loading: Array.from({ length: 40 }, (_, index) => ({
      phase: 'download' as const,
      share: index / 40,
      bytes: index * 21e6,
      totalBytes: 840e6,
      bytesPerSecond: 5.4e6,
      secondsLeft: (40 - index) * 4,
    })),
  })
  const loader = createModelLoader(engine)
  const preferences = atom({ ...DEFAULT_PREFERENCES, addedModels: [OWN, GONE] })
  const catalog = createModelCatalog({
    engine,
    loader,
    preferences,
    async resolve(name) {
      if (ggufAddress(name) !== undefined) return findModel(name, location.origin)
      if (name === GONE) {
        const message = `The manifest ${GONE} was refused by its server with status 404. Check the address.`
        throw new ReflectionError('download-failed', message, { details: { url: GONE, status: 404 } })
      }
      const folderUrl = new URL('.', new URL(name, 'https://tiny.example/resolve/v1/')).href
      const id = name.startsWith('http') ? 'mine' : name
      return { ...SCRIPTED_MODEL, id, name: id, folderUrl, origin: name === id ? 'embedded' : 'user' }
    },
  })
  const locale = atom(await loadLocale(languageOf(query.get('language') ?? 'en')))
  await needLaterWords(locale)
  document.documentElement.lang = locale.get().language
  mountModelPage(
    root,
    { catalog, loader, session: createChatSession(engine, loader), locale, onClose: () => history.back() },
    { signal: new AbortController().signal },
  )
}
