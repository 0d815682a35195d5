import axe from 'axe-core'
import { atom } from 'nanostores'
import { afterEach, describe, expect, test } from 'vitest'
import '../../src/ui/app/app-page.css'
import type { Capabilities } from '../../src/core/engine.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { findModel } from '../../src/core/models/find-model.ts'
import { describeGguf } from '../../src/core/models/gguf/describe-gguf.ts'
import { describeImported } from '../../src/core/models/gguf/describe-imported.ts'
import { isUnfinished, parseGguf } from '../../src/core/models/gguf/parse-gguf.ts'
import { ggufAddress } from '../../src/core/models/gguf/gguf-address.ts'
import { embeddedModel, prebuiltModels, suppliedModels } from '../../src/core/models/model-list.ts'
import { findSuppliedModel } from '../../src/core/models/supplied-name.ts'
import { createChatSession } from '../../src/state/chat-session.ts'
import { createModelLoader } from '../../src/state/model-loader.ts'
import { createModelCatalog } from '../../src/state/model-catalog.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../src/state/preferences.ts'
import { mountModelPage } from '../../src/ui/models/model-page.ts'
import { ENGLISH } from '../fakes/english.ts'
import { loadLocale, type Locale } from '../../src/ui/words/locales.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../fakes/scripted-engine.ts'
import { buildGguf } from '../unit/core/models/gguf/support/build-gguf.ts'
import { builtMatrix } from '../unit/core/models/gguf/support/malformed-files.ts'
import { button, find, textOf, until } from './support/elements.ts'
import { describeTiny } from './support/tiny.ts'

const OWN = 'https://models.example/own/resolve/v1/manifest.json'
/** A GGUF file of a model that has no tags for thinking, and whose licence nobody has heard of. */
const UNTAUGHT = 'https://models.example/untaught.gguf'
const SMALL = 'Llama-3.2-1B-Instruct-q4f16_1-MLC'
const SMALL_NAME = 'Llama 3.2 1B'

const DESKTOP: Partial<Capabilities> = {
  adapter: { name: 'A GPU', vendor: 'a', architecture: 'b', isFallback: false },
  features: ['shader-f16'],
  storage: { quotaBytes: 60e9, usedBytes: 1.5e9 },
}

let life = new AbortController()
afterEach(() => {
  life.abort()
  document.body.replaceChildren()
})

interface Setting {
  readonly script?: Partial<Script>
  readonly addedModels?: readonly string[]
}

async function open({ script, addedModels = [] }: Setting = {}) {
  life = new AbortController()
  const stored = new Map<string, number>()
  const engine = createScriptedEngine({ replies: [], capabilities: DESKTOP, stored, ...script })
  const loader = createModelLoader(engine)
  const preferences = atom<Preferences>({ ...DEFAULT_PREFERENCES, addedModels })
  const tiny = await describeTiny()
  const catalog = createModelCatalog({
    engine,
    loader,
    preferences,
    async resolve(name): Promise<ModelDescription> {
      if (name === embeddedModel.id) return tiny
      if (name === UNTAUGHT) return untaught()
      if (ggufAddress(name) !== undefined) return findModel(name, location.origin)
      const supplied = findSuppliedModel(name)
      if (supplied !== undefined) return supplied
      const folderUrl = new URL('.', name).href
      if (name === OWN) return { ...SCRIPTED_MODEL, id: 'own', name: '<b>Own</b>', origin: 'user', folderUrl }
      throw new ReflectionError('download-failed', `${name} answered 404.`, { details: { url: name, status: 404 } })
    },
  })
  const locale = atom<Locale>(ENGLISH)
  const root = document.createElement('main')
  document.body.append(root)
  let closed = 0
  const session = createChatSession(engine, loader)
  const parts = { catalog, loader, session, locale, onClose: () => (closed += 1) }
  mountModelPage(root, parts, { signal: life.signal })
  await until(() =>
    catalog.entries.get().every(({ error, storedBytes }) => error !== undefined || storedBytes !== undefined),
  )
  await until(() => root.querySelector('#models-unfit, #models-fits') !== null)
  return { root, catalog, loader, stored, preferences, locale, closed: () => closed }
}

function untaught(): ModelDescription {
  const bytes = buildGguf({
    metadata: [
      ['general.architecture', ['text', 'llama']],
      ['general.license', ['text', 'a licence of <b>ours</b>']],
      ['tokenizer.chat_template', ['text', '{{ messages }}']],
    ],
    tensors: [builtMatrix('token_embd.weight', 3)],
  })
  const header = parseGguf(bytes)
  if (isUnfinished(header)) throw new Error('The file is cut short.')
  const found = { address: UNTAUGHT, bytes: [bytes.length], description: describeGguf(header) }
  return describeImported(found, location.origin)
}

const rowOf = (root: HTMLElement, name: string) => find(root, `[data-name="${name}"]`)
const loadButton = (root: HTMLElement) => find<HTMLButtonElement>(rowOf(root, SMALL), '.model-load')

/** What axe finds but for rules of whole pages, which this is only a part of. */
async function faults(root: HTMLElement): Promise<string[]> {
  const { passes, violations } = await axe.run(root)
  expect(passes.length).toBeGreaterThan(10)
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

describe('the page of models', () => {
  test('is there at once where the device is known before it is opened, also without a GPU', async () => {
    const { catalog, loader, locale } = await open({ script: { capabilities: { ...DESKTOP, webgpu: 'no-adapter' } } })
    const again = document.createElement('main')
    document.body.append(again)
    const session = createChatSession(createScriptedEngine({ replies: [] }), loader)
    const parts = { catalog, loader, session, locale, onClose: () => undefined }
    mountModelPage(again, parts, { signal: life.signal }) // an error that it reports fails the test as well
    expect(again.querySelector('.models-device')).not.toBeNull()
    await until(() => again.querySelector('[role=alert]') !== null)
  })

  test('a card whose details are open leaves those beside it as they are', async () => {
    const { root } = await open()
    root.style.width = '1100px'
    const rowHeights = () =>
      [...find(root, '.model-cards:has(> :nth-child(2))').children]
        .slice(0, 2)
        .map((one) => (one as HTMLElement).offsetHeight)
    const [, before = 0] = rowHeights()
    find<HTMLDetailsElement>(root, '.model-cards:has(> :nth-child(2)) > :first-child details').open = true
    const [opened = 0, beside = 0] = rowHeights()
    expect(opened).toBeGreaterThan(before + 50)
    expect(beside).toBeLessThanOrEqual(before)
  })

  test('shows another build of a model as soon as it is asked for, and keeps the focus', async () => {
    const { root, preferences } = await open()
    const other = prebuiltModels[0]?.id ?? ''
    expect(rowOf(root, SMALL).querySelector(`[data-build="${other}"]`)).not.toBeNull()
    find<HTMLDetailsElement>(rowOf(root, SMALL), 'details').open = true
    const load = find<HTMLButtonElement>(root, `[data-build="${other}"] button`)
    expect(load.getAttribute('aria-label')).toBe('Download Llama 3.2 1B (4 bits, computes in 32)')
    load.focus()
    load.click()
    await until(() => root.querySelector(`[data-name="${other}"]`) !== null)
    await until(() => textOf(find(rowOf(root, other), '.model-load')) === 'In use')
    expect(preferences.get().model).toBe(other)
    await until(() => document.activeElement === find(rowOf(root, other), '.model-load'))
  })

  test('says what the device is and lists every model once in its group with all its builds, the best marked', async () => {
    const { root } = await open()
    expect(textOf(find(root, '.models-device'))).toBe(
      'GPU A GPU Processor This browser is too old to run models on the processor. Update it, or use another. Memory not told by this browser Storage 1.5 GB used of 60 GB that the browser allows',
    )
    const names = [...root.querySelectorAll<HTMLElement>('[data-name], [data-build]')]
    const listed = names.map(({ dataset }) => dataset['name'] ?? dataset['build'])
    expect(listed.toSorted()).toEqual([embeddedModel.id, ...prebuiltModels.map(({ id }) => id)].toSorted())
    const titles = [...root.querySelectorAll('.model-card h4')].map(textOf)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.filter((title) => /bits/.test(title))).toEqual([])
    expect(root.querySelectorAll('.model-best')).toHaveLength(1)
    const best = find(root, '.model-best').closest('section')
    expect(best?.querySelector('h3')?.id).toBe('models-fits')
    expect(textOf(find(root, '[aria-labelledby="models-ready"]'))).toContain('Reflection Tiny')
    expect(await faults(root)).toEqual([])
  })

  test('keeps what does not fit folded away, with the reason that all share said once', async () => {
    const adapter = { name: 'SwiftShader', vendor: '', architecture: '', isFallback: true }
    const { root } = await open({ script: { capabilities: { ...DESKTOP, adapter } } })
    const folded = find<HTMLDetailsElement>(root, '#models-unfit')
    expect(folded.open).toBe(false)
    expect(textOf(find(folded, 'summary'))).toMatch(/^Too large for this device \d+$/)
    expect(textOf(root).match(/far too slow/g)).toHaveLength(1)
    expect(textOf(find(folded, '.hint'))).toContain('far too slow')
    expect(textOf(find(root, '.models-warning'))).toMatch(/uses no GPU.*turn on graphics acceleration/)
    const cards = [...folded.querySelectorAll('.model-card')]
    expect(cards.length).toBeGreaterThan(5)
    for (const card of cards) expect(textOf(find(card, '.model-load'))).toBe('Try anyway')
    folded.open = true
    expect(await faults(root)).toEqual([])
  })

  test('says once how to get a GPU where there is none', async () => {
    const { root } = await open({ script: { capabilities: { webgpu: 'no-adapter' } } })
    await expect.poll(() => root.querySelectorAll('.card').length).toBe(1) // it is fetched
    expect(textOf(find(root, '.card'))).toMatch(/no GPU that it may use.*Check again/)
    expect(root.querySelectorAll('.model-reasons')).toHaveLength(0)
    expect(await faults(root)).toEqual([])
  })

  test('says of a model alone what only it runs on', async () => {
    const processor = { isUsable: true, threads: 1, weightsPerSecond: 3e9 }
    const { root } = await open({ script: { capabilities: { ...DESKTOP, processor } }, addedModels: [UNTAUGHT] })
    expect(textOf(find(rowOf(root, UNTAUGHT), '.model-takes'))).toContain('runs on the processor')
    expect(root.querySelector('.models-warning')).toBeNull()
  })

  test('tells the memory of the device as it is sold', async () => {
    const { root } = await open({ script: { capabilities: { ...DESKTOP, deviceMemoryBytes: 8 * 2 ** 30 } } })
    expect(textOf(find(root, '.models-device'))).toContain('Memory about 8.0 GB, as the browser rounds it')
  })

  test('offers another build that is stored whole for use, not for download', async () => {
    const { root, catalog, stored } = await open()
    const other = prebuiltModels[0]
    const load = () => find(root, `[data-build="${other?.id}"] button`)
    expect(textOf(load())).toBe('Download')
    for (const { id, downloadBytes } of prebuiltModels.slice(0, 2)) stored.set(id, downloadBytes)
    await catalog.refresh()
    await until(() => textOf(load()) === 'Use')
    expect(load().getAttribute('aria-label')).toBe('Use Llama 3.2 1B (4 bits, computes in 32)')
  })

  test('loads a model with one button, which keeps the focus: Download, Cancel, In use', async () => {
    let go = () => undefined as void
    const gate = new Promise<void>((resolve) => (go = resolve))
    const progress = { phase: 'download', share: 0.25, bytes: 1e8, totalBytes: 4e8 } as const
    let paces = 0
    const pace = () => (paces++ === 0 ? Promise.resolve() : gate)
    const { root, loader, preferences } = await open({ script: { loading: [progress], pace } })
    loadButton(root).focus()
    loadButton(root).click()
    await until(() => root.querySelector('.model-progress .statistics')?.textContent?.includes('100 MB') === true)
    expect(textOf(rowOf(root, SMALL))).toContain('Downloading · 100 MB of 400 MB')
    expect(find<HTMLProgressElement>(root, 'progress').value).toBe(0.25)
    expect(document.activeElement?.getAttribute('aria-label')).toBe(`Cancel loading ${SMALL_NAME}`)
    expect(await faults(root)).toEqual([])
    go()
    await until(() => textOf(loadButton(root)) === 'In use')
    expect(document.activeElement).toBe(loadButton(root))
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { id: SMALL } })
    expect(preferences.get().model).toBe(SMALL)
  })

  test('cancels a load, and says that what came is kept', async () => {
    const pace = () => new Promise<void>((resolve) => setTimeout(resolve, 30))
    const progress = { phase: 'download', share: 0.25 } as const
    const { root } = await open({ script: { loading: Array.from({ length: 100 }, () => progress), pace } })
    loadButton(root).click()
    await until(() => textOf(loadButton(root)) === 'Cancel')
    loadButton(root).click()
    await until(() => textOf(loadButton(root)) === 'Download')
    expect(textOf(rowOf(root, SMALL))).toContain('Loading was cancelled. What had arrived is kept.')
  })

  test('tells in the row why a load failed', async () => {
    const error = new ReflectionError('download-failed', 'The connection broke. Load again.')
    const { root } = await open({ script: { loadErrors: [error] } })
    loadButton(root).click()
    await until(() => rowOf(root, SMALL).querySelector('.failure') !== null)
    expect(textOf(find(rowOf(root, SMALL), '[role="alert"]'))).toBe(
      'The model could not be fetched The connection broke. Load again.',
    )
  })

  test('asks before it deletes, and gives the focus back', async () => {
    const { root, catalog, stored } = await open()
    stored.set(SMALL, 5e8)
    await catalog.refresh()
    await until(() => textOf(rowOf(root, SMALL)).includes('500 MB of 707 MB stored'))
    const ask = () => {
      const opener = button(rowOf(root, SMALL), `Delete what is stored of ${SMALL_NAME}`)
      opener.focus()
      opener.click()
    }
    const dialog = () => root.querySelector('dialog')
    const answer = (value: string) => find<HTMLButtonElement>(root, `dialog [value="${value}"]`).click()
    ask()
    await until(() => dialog()?.open === true)
    expect(textOf(find(root, 'dialog'))).toContain('This frees 500 MB.')
    expect(document.activeElement?.textContent?.trim()).toBe('Cancel')
    expect(await faults(root)).toEqual([])
    answer('no')
    await until(() => dialog() === null)
    expect(document.activeElement?.getAttribute('aria-label')).toBe(`Delete what is stored of ${SMALL_NAME}`)
    expect(stored.get(SMALL)).toBe(5e8)

    ask()
    await until(() => dialog()?.open === true)
    answer('yes')
    await until(() => textOf(find(rowOf(root, SMALL), '.model-takes')).includes('to download'))
    expect(stored.has(SMALL)).toBe(false)
    await until(() => document.activeElement === loadButton(root))
  })

  test('adds a model by its address, with its name as text, and removes it', async () => {
    const { root, preferences } = await open()
    const field = find<HTMLInputElement>(root, '#models-address')
    const submit = (address: string) => {
      field.value = address
      find<HTMLFormElement>(root, '.models-add').requestSubmit()
    }
    const news = () => textOf(find(root, '#models-add-news'))
    submit('models.example')
    await until(() => news().startsWith('This is no address'))
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(field.getAttribute('aria-describedby')).toContain('models-add-news')
    submit('https://models.example/other/resolve/v1/manifest.json')
    await until(() => news().includes('status 404'))
    expect(await faults(root)).toEqual([])
    submit(OWN)
    await until(() => news() === '<b>Own</b> is in the list now.')
    expect(field.value).toBe('')
    await until(() => root.querySelector(`[data-name="${OWN}"]`) !== null)
    expect(rowOf(root, OWN).querySelector('b')).toBeNull()
    submit(OWN)
    await until(() => news() === '<b>Own</b> is in the list already.')
    button(rowOf(root, OWN), 'Remove from the list: <b>Own</b>').click()
    await until(() => root.querySelector(`[data-name="${OWN}"]`) === null)
    expect(preferences.get().addedModels).toEqual([])
  })

  test('says what a GGUF file is and whether it runs here before any of it is downloaded', async () => {
    const { root, preferences } = await open()
    const submit = (path: string) => {
      find<HTMLInputElement>(root, '#models-address').value = new URL(path, location.origin).href
      find<HTMLFormElement>(root, '.models-add').requestSubmit()
    }
    const news = () => textOf(find(root, '#models-add-news'))
    submit('/test/fixtures/gguf/no-such-file.gguf') // the server of the tests answers with a page of its own
    await until(() => news().startsWith('This GGUF file cannot be used.'))
    expect(news()).toContain('it does not begin with the letters GGUF')
    expect(preferences.get().addedModels).toEqual([])
    const address = new URL('/test/fixtures/gguf/every-type.gguf', location.origin).href
    submit('/test/fixtures/gguf/every-type.gguf')
    await until(() => news() === 'every-type (Q4_0) is in the list now.')
    const card = rowOf(root, address)
    expect(textOf(find(card, '.model-summary'))).toBe('A GGUF file: 227 thousand weights in Q4_0.')
    expect(textOf(find(card, '.model-reasons'))).toContain(
      'No program for the GPU takes this file: so far those of the shape of',
    )
    const facts = textOf(find(card, '.models-facts'))
    for (const fact of [
      'GGUF file, llama, Q4_0',
      'smollm, 307 tokens',
      'its own',
      '512 tokens',
      'names none',
      address,
    ]) {
      expect(facts).toContain(fact)
    }
    expect(preferences.get().addedModels).toEqual([address])
    expect(await faults(root)).toEqual([])
  })

  test('says of a file that the GPU can run what it is, whose it is and that it fits, with its header alone fetched', async () => {
    const { root } = await open()
    const address = new URL(
      embeddedModel.manifestPath.replace('manifest.json', 'reflection-tiny.gguf'),
      location.origin,
    )
    const before = performance.getEntriesByName(address.href).length
    find<HTMLInputElement>(root, '#models-address').value = address.href
    find<HTMLFormElement>(root, '.models-add').requestSubmit()
    await until(() => root.querySelector(`[data-name="${address.href}"]`) !== null)
    const card = rowOf(root, address.href)
    expect(card.closest('section')?.querySelector('h3')?.id).toBe('models-fits')
    expect(card.querySelector('.model-reasons')).toBeNull()
    const facts = textOf(find(card, '.models-facts'))
    for (const fact of ['trained to think and to check itself', 'GGUF file, llama, Q4_0', 'smollm, 1,024 tokens'])
      expect(facts).toContain(fact)
    for (const fact of ['Made for 1,024 tokens', 'Chat template its own', 'Licence Apache-2.0'])
      expect(facts).toContain(fact)
    const fetched = performance.getEntriesByName(address.href).slice(before) as PerformanceResourceTiming[]
    expect(fetched.length).toBeGreaterThan(0)
    expect(fetched.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)).toBeLessThanOrEqual(2 ** 18)
  })

  test('says of a model that nobody taught to think that asking helps little, and why its chat template is not used', async () => {
    const { root } = await open({ script: { templateProblem: 'It writes <i>nothing</i>.' }, addedModels: [UNTAUGHT] })
    const facts = textOf(find(rowOf(root, UNTAUGHT), '.models-facts'))
    expect(facts).toContain('only asked to, by its instructions, which helps little')
    expect(facts).toContain('a licence of <b>ours</b>')
    find<HTMLButtonElement>(rowOf(root, UNTAUGHT), '.model-load').click()
    await until(() => textOf(rowOf(root, UNTAUGHT)).includes('cannot be rendered here, so a known style is used'))
    expect(textOf(rowOf(root, UNTAUGHT))).toContain('It writes <i>nothing</i>.')
  })

  test('leaves the next address in its field, which was typed while the first one was read', async () => {
    const { root } = await open()
    const field = find<HTMLInputElement>(root, '#models-address')
    field.value = OWN
    find<HTMLFormElement>(root, '.models-add').requestSubmit()
    field.value = 'https://models.example/the/next'
    await until(() => textOf(find(root, '#models-add-news')) === '<b>Own</b> is in the list now.')
    expect(field.value).toBe('https://models.example/the/next')
  })

  test('adds a model whose weights the user brings, by the folder that holds them', async () => {
    const { root, preferences } = await open()
    const id = 'Reflection-Llama-3.1-8B-q4f16_1'
    const kind = find<HTMLSelectElement>(root, '#models-kind')
    const field = find<HTMLInputElement>(root, '#models-address')
    const label = () => textOf(find(root, 'label[for="models-address"]'))
    const choose = (value: string) => {
      kind.value = value
      kind.dispatchEvent(new Event('change'))
    }
    const submit = (address: string) => {
      field.value = address
      find<HTMLFormElement>(root, '.models-add').requestSubmit()
    }
    const news = () => textOf(find(root, '#models-add-news'))
    expect([...kind.options].map(({ text }) => text)).toEqual([
      'GGUF file, or described by its manifest.json',
      ...suppliedModels.map(({ name }) => name),
    ])
    expect(label()).toBe('Address of its .gguf file or its manifest.json')
    submit(`Llama-4@${OWN}`)
    await until(() => news().startsWith('Llama-4 is no model whose weights you bring.'))
    expect(news()).toContain(id)
    choose(id)
    await until(() => label() === 'Address of its folder, or of its repository on Hugging Face')
    expect(news()).toBe('')
    expect(field.getAttribute('aria-invalid')).toBe('false')
    expect(field.placeholder).toBe('https://huggingface.co/…/…')
    expect(textOf(find(root, '#models-add-hint'))).toContain(id)
    expect(await faults(root)).toEqual([])

    submit(OWN)
    await until(() => news().startsWith('This is no address of a model’s folder.'))
    submit(new URL(`/${embeddedModel.manifestPath}`, location.href).href.replace('manifest.json', ''))
    await until(() => news().startsWith('What is in this folder is not the chosen model'))
    expect(await faults(root)).toEqual([])

    const folder = new URL('/test/fixtures/supplied/resolve/v1/', location.href).href
    const name = `${id}@${folder}`
    submit(folder)
    await until(() => news() === 'Reflection Llama 3.1 8B (4 bits, computes in 16) is in the list now.')
    expect(preferences.get().addedModels).toEqual([name])
    await until(() => root.querySelector(`[data-name="${name}"]`) !== null)
    expect(textOf(rowOf(root, name))).toContain(folder)
    expect(kind.value).toBe('')
    await until(() => label() === 'Address of its .gguf file or its manifest.json')
    button(rowOf(root, name), 'Remove from the list: Reflection Llama 3.1 8B (4 bits, computes in 16)').click()
    await until(() => root.querySelector(`[data-name="${name}"]`) === null)
    expect(preferences.get().addedModels).toEqual([])
  })

  test('shows a model whose manifest cannot be read, to try again or to remove', async () => {
    const gone = 'https://gone.example/resolve/v1/manifest.json'
    const { root } = await open({ addedModels: [gone] })
    expect(textOf(rowOf(root, gone))).toMatch(/The model could not be fetched .* Try again Remove from the list$/)
    button(rowOf(root, gone), `Remove from the list: ${gone}`).click()
    await until(() => root.querySelector(`[data-name="${gone}"]`) === null)
  })

  test('speaks another language as soon as it is chosen, and closes', async () => {
    const { root, locale, closed } = await open()
    find<HTMLButtonElement>(root, '.models-head button').click()
    expect(closed()).toBe(1)
    locale.set(await loadLocale('zh-CN'))
    await until(() => textOf(find(root, 'h2')) === '模型')
    expect(textOf(loadButton(root))).toBe('下载')
    expect(await faults(root)).toEqual([])
  })

  test.each([360, 320])('fits a page %i pixels wide, all details open', async (width) => {
    const { root } = await open({ script: { capabilities: { ...DESKTOP, features: [] } }, addedModels: [OWN] })
    root.style.width = `${width}px`
    const kind = find<HTMLSelectElement>(root, '#models-kind')
    kind.selectedIndex = kind.options.length - 1
    kind.dispatchEvent(new Event('change'))
    await until(() => textOf(find(root, '#models-add-hint')).includes('Reflection-Llama-3.1-70B'))
    for (const details of root.querySelectorAll('details')) details.open = true
    expect(root.scrollWidth).toBeLessThanOrEqual(width)
  })
})
