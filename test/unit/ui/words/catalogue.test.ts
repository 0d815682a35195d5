import { describe, expect, test } from 'vitest'
import { describeSuppliedModel } from '../../../../src/core/models/describe-supplied-model.ts'
import { embeddedModel, prebuiltModels, suppliedModels } from '../../../../src/core/models/model-list.ts'
import { modelSummary } from '../../../../src/ui/models/model-summary.ts'
import { loadFrameWords } from '../../../../src/ui/words/frame-words.ts'
import {
  LANGUAGES,
  loadGpuAdviceWords,
  loadLocale,
  needLaterWords,
  loadDeviceWords,
  loadServerWords,
  loadPrivacyWords,
  type LanguageTag,
} from '../../../../src/ui/words/locales.ts'
import { SCRIPTED_MODEL } from '../../../fakes/scripted-engine.ts'

/** A text of a catalogue, and where it stands. */
interface Entry {
  readonly path: string
  readonly kind: 'text' | 'function'
  /** Of a function: what it says of some values. */
  readonly text: string
}

/** Values for functions of any signature: numbers that Intl takes and that show where a text holds them. */
const SAMPLES = [3, 7, 11, true]

function entriesOf(value: unknown, path = ''): Entry[] {
  if (path === 'sentences') return [] // only joins texts of others
  if (path === 'summaries') return [] // English ones stand in the descriptions of the models
  if (typeof value === 'string') return [{ path, kind: 'text', text: value }]
  if (typeof value === 'function') return [{ path, kind: 'function', text: String(value(...SAMPLES)) }]
  return Object.entries(value as object).flatMap(([key, inner]) =>
    entriesOf(inner, path === '' ? key : `${path}.${key}`),
  )
}

/** All texts of a language, those that are fetched later among them. */
async function allOf(tag: LanguageTag): Promise<Entry[]> {
  const [locale, gpuAdvice, device, privacy, frame] = await Promise.all([
    loadLocale(tag),
    loadGpuAdviceWords(tag),
    loadDeviceWords(tag),
    loadPrivacyWords(tag),
    loadFrameWords(tag),
  ])
  await needLaterWords({ get: () => locale })
  return entriesOf({ ...locale.words, gpuAdvice, device, privacy, frame, serverWords: await loadServerWords(locale) })
}

const english = await allOf('en')
const others = (Object.keys(LANGUAGES) as LanguageTag[]).filter((tag) => tag !== 'en')
const chinese = await loadLocale('zh-CN')

test('English has no empty text', () => {
  expect(english.length).toBeGreaterThan(200)
  expect(english.filter(({ text }) => text.trim() === '' || text.includes('undefined'))).toEqual([])
})

describe.each(others)('%s', async (tag) => {
  const entries = await allOf(tag)

  test('has the same names as English, functions where functions are', () => {
    const shape = (list: readonly Entry[]) => list.map(({ path, kind }) => `${path} ${kind}`).toSorted()
    expect(shape(entries)).toEqual(shape(english))
  })

  test('has no empty text', () => {
    expect(entries.filter(({ text }) => text.trim() === '' || text.includes('undefined'))).toEqual([])
  })

  test('holds every value that English holds', () => {
    const numbers = (text: string) => [...new Set(text.match(/\b(3|7|11)\b/g))].toSorted()
    const inEnglish = new Map(english.map(({ path, text }) => [path, numbers(text)]))
    const differing = entries.filter(
      ({ path, kind, text }) => kind === 'function' && String(numbers(text)) !== String(inEnglish.get(path)),
    )
    expect(differing).toEqual([])
  })
})

/** Names that stay as they are in every language; addresses, switches and names of settings are known by their form. */
const NAMES =
  /\b(Second Thought|Reflection Tiny|Reflection|Llama|GGUF|gguf|BF16|Think carefully|true|WebGPU|WebLLM|GPU|Google|Chrome|Edge|Firefox Nightly|Firefox|Safari|iPadOS|iOS|macOS|Mac|Apple|Android|Windows|Linux|ARM|Intel|AMD|NVIDIA|Vulkan|vulkaninfo|IndexedDB|JavaScript|JSON|Markdown|CORS|Hugging Face|resolve|App|OpenAI|Top P|MODEL_HOSTS|npm run build|npm start|vLLM|Ollama|OLLAMA_ORIGINS|LM Studio|localStorage|tar|GB|MB|kB|B|https|http|Graphics Feature Status|Enter|Shift|Ctrl|Esc)\b/g
const FORMS = /(https?|chrome|about):[\w/.#-]*|--[\w-]+(=[\w,]+)?|\b[\w-]+([./][\w-]+)+\b|\b[\w]+(-[\w]+)+\b/g

test('Simplified Chinese has words for every listed model', () => {
  const { summaries } = chinese.words
  const brought = suppliedModels.map((model) =>
    describeSuppliedModel(model, 'https://huggingface.co/someone/reflection'),
  )
  const models = [...prebuiltModels, ...brought, { ...SCRIPTED_MODEL, id: embeddedModel.id }]
  const foreign = models.filter((model) => modelSummary(model, chinese).language !== 'zh-CN')
  expect(foreign.map(({ id }) => id)).toEqual([])
  expect(Object.values(summaries).filter((text) => !/[\u4e00-\u9fff].*。$/.test(text))).toEqual([])
  expect(modelSummary({ ...SCRIPTED_MODEL, origin: 'user' }, chinese)).toEqual({
    text: SCRIPTED_MODEL.summary,
  })
})

test('Simplified Chinese is Chinese but for names', async () => {
  const left = (await allOf('zh-CN')).flatMap(({ path, text }) => {
    const words = text
      .replace(FORMS, ' ')
      .replace(NAMES, ' ')
      .match(/[A-Za-z]{2,}/g)
    return words === null ? [] : [`${path}: ${words.join(' ')}`]
  })
  expect(left).toEqual([])
})

test('Simplified Chinese has one word for one thing', async () => {
  const second = /您|聊天|刷新/ // 你, 对话, 重新加载
  expect((await allOf('zh-CN')).filter(({ text }) => second.test(text))).toEqual([])
})
