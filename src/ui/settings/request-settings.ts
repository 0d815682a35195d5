import { html, nothing, type TemplateResult } from 'lit/html.js'
import { atom, type ReadableAtom } from 'nanostores'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { CatalogEntry } from '../../state/model-catalog.ts'
import { reasonOf, type KnownModel, type RequestLine, type RequestLog } from '../../state/request-log.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { DeviceWords } from '../words/device-en.ts'
import type { Locale } from '../words/locales.ts'

export interface RequestSettingsParts {
  readonly openRequests: () => Promise<RequestLog>
  /** Models whose files may have been fetched, as far as they were looked at. */
  readonly models: ReadableAtom<readonly CatalogEntry[]>
  /** The one that is loaded, which may be known before any was looked at. */
  readonly model: ReadableAtom<ModelDescription | undefined>
  readonly locale: ReadableAtom<Locale>
  readonly words: ReadableAtom<DeviceWords | undefined>
  readonly fetchPart: FetchPart
}

/** Every request that was made since the page was opened: how many to whom, and each of them on a word. */
export function mountRequestSettings(
  root: HTMLElement,
  { openRequests, models, model, locale, words: $words, fetchPart }: RequestSettingsParts,
  life: { readonly signal: AbortSignal },
): void {
  const $isOpen = atom(false)
  const $log = atom<RequestLog | undefined>(undefined)
  const draw = renderOnChange(root, [locale, $words, $log, $isOpen, models, model], all, life)
  void fetchPart(openRequests()).then((log) => {
    $log.set(log)
    life.signal.addEventListener('abort', log?.lines.listen(() => draw()) ?? (() => undefined))
  })

  function all(): TemplateResult | typeof nothing {
    const words = $words.get()?.requests
    const log = $log.get()
    if (words === undefined || log === undefined) return nothing
    const { format } = locale.get()
    const lines = log.lines.get()
    const asked = bySite(lines.filter(({ end }) => end !== 'refused'))
    const others = [...asked.keys()].filter((origin) => origin !== location.origin).map(hostOf)
    const refused = lines.filter(({ end }) => end === 'refused')
    return html`<div class="setting">
        <p class="setting-name">${words.name}</p>
        <button
          type="button"
          aria-expanded=${$isOpen.get()}
          aria-controls="requests"
          @click=${() => $isOpen.set(!$isOpen.get())}
        >
          ${$isOpen.get() ? words.hide : words.show}
        </button>
        <p class="hint">
          ${others.length === 0 ? words.onlyThisSite(location.host) : words.toOthers(format.list(others))}
          ${refused.length === 0 ? nothing : words.refused(format.number(refused.length))}
          ${words.since(format.dateTime(log.since))}
        </p>
      </div>
      <div id="requests" class="requests" ?hidden=${!$isOpen.get()}>
        ${$isOpen.get() ? [...bySite(lines)].map(([origin, those]) => section(origin, those, words)) : nothing}
      </div>`
  }

  function section(origin: string, lines: readonly RequestLine[], words: DeviceWords['requests']): TemplateResult {
    const { format } = locale.get()
    const bytes = lines.reduce((sum, line) => sum + line.bytes, 0)
    return html`<section data-origin=${origin}>
      <h3>${hostOf(origin)} <span class="hint">${format.bytes(bytes)}</span></h3>
      <ul>
        ${lines
          .toSorted((one, other) => other.at - one.at)
          .map((line) => html`<li class=${line.end}>${lineOf(line, words)}</li>`)}
      </ul>
    </section>`
  }

  function lineOf(line: RequestLine, words: DeviceWords['requests']): TemplateResult {
    const { format } = locale.get()
    const reason = reasonOf(line, new URL('./', document.baseURI).href, knownModels())
    const why = 'name' in reason ? words.whys[reason.why](reason.name) : words.whys[reason.why]
    const facts = [why, words.by[line.by], words.ends[line.end]]
    if (line.times > 1) facts.push(words.times(format.number(line.times)))
    if (line.bytes > 0) facts.push(format.bytes(line.bytes))
    if (line.at > 0) facts.push(new Date(line.at).toLocaleTimeString(locale.get().language))
    return html`<code>${new URL(line.address).pathname}</code>
      <span class="hint">${facts.filter(Boolean).join(' · ')}</span>`
  }

  function knownModels(): KnownModel[] {
    const loaded = model.get()
    const looked = models
      .get()
      .flatMap(({ name, model: found }) => (found === undefined ? [] : [knownModel(found, name)]))
    return loaded === undefined ? looked : [...looked, knownModel(loaded)]
  }
}

/** @param found - What finds it again, which may be an address. */
function knownModel({ name, server, folderUrl, libraryUrl }: ModelDescription, found = ''): KnownModel {
  if (server !== undefined) return { name, addresses: [server.address], isOnServer: true }
  return { name, addresses: [folderUrl, libraryUrl, ...(URL.canParse(found) ? [found] : [])] }
}

/** The own site first. */
function bySite(lines: readonly RequestLine[]): ReadonlyMap<string, readonly RequestLine[]> {
  const sites = new Map<string, RequestLine[]>([[location.origin, []]])
  for (const line of lines) {
    const { origin } = new URL(line.address)
    const known = sites.get(origin)
    if (known === undefined) sites.set(origin, [line])
    else known.push(line)
  }
  return sites
}

function hostOf(origin: string): string {
  return new URL(origin).host
}
