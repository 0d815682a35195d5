import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { ChevronRight } from 'lucide'
import type { ReadableAtom } from 'nanostores'
import { ReflectionError } from '../../core/errors.ts'
import { hostOf } from '../../core/models/remote-server.ts'
import type { ModelCatalog } from '../../state/model-catalog.ts'
import type { Servers } from '../../state/servers.ts'
import { icon } from '../parts/icon.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { switchInput } from '../parts/switch.ts'
import { loadServerWords, type LanguageTag, type Locale } from '../words/locales.ts'
import type { ServerWords } from '../words/server-words-en.ts'
import { serverAddress } from './server-address.ts'
import { serverProblem } from './server-problem.ts'

export interface ServerSectionParts {
  readonly servers: Servers
  readonly catalog: ModelCatalog
  readonly locale: ReadableAtom<Locale>
}

/** How it stands with the server in the form. */
type Adding =
  | { readonly status: 'nothing' }
  /** It is being asked for its models, or for a reply. */
  | { readonly status: 'listing' | 'testing'; readonly control: AbortController }
  | { readonly status: 'listed'; readonly count: number }
  /** What was typed cannot be asked. */
  | { readonly status: 'unclear'; readonly what: 'address' | 'model' }
  | { readonly status: 'refused'; readonly address: string; readonly error: ReflectionError }
  | { readonly status: 'added'; readonly name: string; readonly isKeyKept: boolean }

/** What stands in the form. */
interface Typed {
  readonly address: string
  readonly key: string
  readonly model: string
}

const NOTHING: Typed = { address: '', key: '', model: '' }

/** Ids of what is said of each field. */
const DESCRIPTIONS: Readonly<Record<keyof Typed, string>> = {
  address: 'server-hint server-address-problem server-news',
  key: 'server-news',
  model: 'server-model-problem server-news',
}

/** A form that adds a model on a server, once that server has replied; and the keys of those that were added. */
export function mountServerSection(
  root: HTMLElement,
  { servers, catalog, locale }: ServerSectionParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  const wordsOf = new Map<LanguageTag, ServerWords | 'coming' | 'missing'>()
  let adding: Adding = { status: 'nothing' }
  let typed = NOTHING
  let keeps = false // the key
  let names: readonly string[] = [] // of the server's models, once it was asked
  const keys = new Map<string, string>() // typed for servers that are in the list, by address

  root.className = 'models server-models'
  signal.addEventListener('abort', () => {
    stop()
    root.replaceChildren()
  })
  const schedule = renderOnChange(root, [catalog.entries, locale], section, { signal })

  function words(): ServerWords | undefined {
    const current = locale.get()
    const { language } = current
    const known = wordsOf.get(language)
    if (known === undefined) {
      wordsOf.set(language, 'coming')
      loadServerWords(current)
        .then((found) => void wordsOf.set(language, found))
        .catch((error: unknown) => {
          wordsOf.set(language, 'missing') // until the page of models is opened again
          console.warn(error)
        })
        .finally(() => schedule())
    }
    return typeof known === 'string' ? undefined : known
  }

  function section(): TemplateResult | typeof nothing {
    const labels = words()
    if (labels === undefined) return nothing
    return html`<details class="models-folded">
      <summary class="mirrors">
        ${icon(ChevronRight)}
        <h3>${labels.heading}</h3>
      </summary>
      <p class="hint" id="server-hint">${labels.hint}</p>
      ${form(labels)} ${keyList(labels)}
    </details>`
  }

  function form(labels: ServerWords): TemplateResult {
    const isBusy = adding.status === 'listing' || adding.status === 'testing'
    return html`<form class="models-add" novalidate @submit=${onTest}>
      <label for="server-address">${labels.address}</label>
      ${textInput('address', 'http://127.0.0.1:8000/v1')} ${unclear('address', labels)}
      <label for="server-key">${labels.key}</label>
      ${textInput('key', '')}
      <div class="server-keep">
        <label for="server-keep">${labels.keep}</label>
        ${switchInput({ id: 'server-keep', describedBy: 'server-keep-hint', isOn: keeps, onChange: (isOn) => (keeps = isOn) })}
        <p class="hint" id="server-keep-hint">${labels.keepHint}</p>
      </div>
      <label for="server-model">${labels.model}</label>
      <div class="models-add-line">
        ${textInput('model', '')}
        <button type="button" aria-disabled=${isBusy ? 'true' : 'false'} @click=${() => void list()}>
          ${adding.status === 'listing' ? labels.listing : labels.list}
        </button>
      </div>
      ${unclear('model', labels)} ${choice(labels)}
      <div class="models-add-line">
        <button type="submit" aria-disabled=${isBusy ? 'true' : 'false'}>${labels.test}</button>
        ${
          isBusy
            ? html`<button type="button" class="quiet" @click=${cancel}>${locale.get().words.page.cancel}</button>`
            : nothing
        }
      </div>
      <div id="server-news" role="status" class=${adding.status === 'refused' ? 'models-refusal' : ''}>
        ${news(labels)}
      </div>
    </form>`
  }

  function isUnclear(name: keyof Typed): boolean {
    return adding.status === 'unclear' && adding.what === name
  }

  /** Stands at its field. */
  function unclear(name: 'address' | 'model', labels: ServerWords): TemplateResult {
    const problem = isUnclear(name) ? html`<p>${labels.problems[name]}</p>` : nothing
    return html`<div id="server-${name}-problem" role="status" class="models-refusal">${problem}</div>`
  }

  function textInput(name: keyof Typed, placeholder: string): TemplateResult {
    const onInput = (event: Event) => {
      typed = { ...typed, [name]: (event.target as HTMLInputElement).value }
      if (name !== 'address' || names.length === 0) return
      names = [] // which are another server's
      schedule()
    }
    return html`<input
      id="server-${name}"
      type=${name === 'key' ? 'password' : name === 'address' ? 'url' : 'text'}
      dir="ltr"
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      placeholder=${placeholder}
      aria-invalid=${isUnclear(name) ? 'true' : 'false'}
      aria-describedby=${DESCRIPTIONS[name]}
      .value=${live(typed[name])}
      @input=${onInput}
    />`
  }

  /** The models that the server has told of, as buttons of one choice. */
  function choice(labels: ServerWords): TemplateResult | typeof nothing {
    if (names.length === 0) return nothing
    const onChange = (event: Event) => {
      typed = { ...typed, model: (event.target as HTMLSelectElement).value }
      schedule()
    }
    return html`<select aria-label=${labels.model} @change=${onChange}>
      <option value="" ?selected=${!names.includes(typed.model)}></option>
      ${names.map((name) => html`<option value=${name} ?selected=${name === typed.model}>${name}</option>`)}
    </select>`
  }

  function news(labels: ServerWords): TemplateResult | typeof nothing {
    switch (adding.status) {
      case 'nothing':
      case 'unclear':
        return nothing
      case 'listing':
        return html`<p>${labels.listing}</p>`
      case 'testing':
        return html`<p>${labels.testing}</p>`
      case 'listed':
        return html`<p>${adding.count === 0 ? labels.listedNone : labels.listed(adding.count)}</p>`
      case 'added':
        return html`<p>${labels.added(adding.name)}</p>
          ${adding.isKeyKept ? nothing : html`<p>${labels.keyNotKept}</p>`}`
      case 'refused': {
        const { said } = adding.error.details
        return html`<p>${serverProblem(adding.error, adding.address, labels, locale.get())}</p>
          ${typeof said === 'string' ? html`<p class="failure-detail" dir="auto">${labels.said(said)}</p>` : nothing}`
      }
    }
  }

  /** One for each address in the list, as a key that is only in memory is gone with the page. */
  function keyList(labels: ServerWords): TemplateResult | typeof nothing {
    const entries = catalog.entries.get()
    const addresses = [...new Set(entries.flatMap(({ model }) => model?.server?.address ?? []))]
    if (addresses.length === 0) return nothing
    return html`<h4>${labels.keys}</h4>
      <ul class="server-keys">
        ${addresses.map((address) => keyRow(address, labels))}
      </ul>`
  }

  function keyRow(address: string, labels: ServerWords): TemplateResult {
    const state = servers.keyState(address)
    const id = `server-key-${encodeURIComponent(address)}`
    const change = (key: string) => {
      servers.setKey(address, key, keeps)
      keys.delete(address)
      schedule()
    }
    return html`<li>
      <form
        class="models-add"
        @submit=${(event: Event) => {
          event.preventDefault()
          const key = keys.get(address) ?? ''
          if (key !== '') change(key)
        }}
      >
        <label for=${id}>${labels.keyOf(hostOf({ address }))}</label>
        <div class="models-add-line">
          <input
            id=${id}
            type="password"
            dir="ltr"
            autocomplete="off"
            aria-describedby="${id}-state server-keep-hint"
            .value=${live(keys.get(address) ?? '')}
            @input=${(event: Event) => keys.set(address, (event.target as HTMLInputElement).value)}
          />
          <button type="submit">${labels.useKey}</button>
          ${
            state === 'none'
              ? nothing
              : html`<button type="button" class="quiet" @click=${() => change('')}>${labels.forgetKey}</button>`
          }
        </div>
        <p class="hint" id="${id}-state" role="status">${labels.keyStates[state]}</p>
      </form>
    </li>`
  }

  /** Asks the server that was typed, and says what went wrong. One thing at a time. */
  async function ask(
    status: 'listing' | 'testing',
    act: (address: string, access: { readonly key: string; readonly signal: AbortSignal }) => Promise<Adding>,
  ): Promise<void> {
    if (adding.status === 'listing' || adding.status === 'testing') return
    const address = serverAddress(typed.address)
    if (address === undefined) return set({ status: 'unclear', what: 'address' })
    if (status === 'testing' && typed.model.trim() === '') return set({ status: 'unclear', what: 'model' })
    const control = new AbortController()
    set({ status, control })
    try {
      const next = await act(address, { key: typed.key.trim(), signal: control.signal })
      if (!control.signal.aborted) set(next)
    } catch (error) {
      if (!control.signal.aborted) set({ status: 'refused', address, error: ReflectionError.from(error) })
    }
  }

  async function list(): Promise<void> {
    await ask('listing', async (address, access) => {
      names = await servers.list(address, access)
      const [only] = names
      if (names.length === 1 && only !== undefined) typed = { ...typed, model: only }
      return { status: 'listed', count: names.length }
    })
  }

  async function onTest(event: Event): Promise<void> {
    event.preventDefault()
    await ask('testing', async (address, access) => {
      const { name, model } = await servers.test({ address, model: typed.model.trim() }, access)
      access.signal.throwIfAborted()
      await catalog.adopt(model, name)
      const isKeyKept = access.key === '' || servers.setKey(address, access.key, keeps)
      typed = NOTHING
      names = []
      return { status: 'added', name: model.name, isKeyKept }
    })
  }

  function cancel(): void {
    stop()
    root.querySelector<HTMLElement>('[type=submit]')?.focus() // the button that was pressed is about to go
    set({ status: 'nothing' })
  }

  function stop(): void {
    if ('control' in adding) adding.control.abort()
  }

  function set(next: Adding): void {
    adding = next
    schedule()
  }
}
