import { html, nothing, type TemplateResult } from 'lit/html.js'
import { IMPORTED_ORIGIN } from '../../core/models/gguf/gguf-address.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import { buildOf } from './plain-model-name.ts'
import type { Locale } from '../words/locales.ts'

/** What is known of a model, fact by fact. */
export function modelFacts(model: ModelDescription, locale: Locale): TemplateResult {
  const { words, format } = locale
  const labels = words.models
  if (model.server !== undefined) {
    return html`<dl class="models-facts">
      <dt>${labels.address}</dt>
      <dd dir="ltr">${model.server.address}</dd>
    </dl>`
  }
  const trained = model.dialect.reflection === undefined ? labels.trainedToThink : labels.trained
  const build = buildOf(model.name)
  return html`<dl class="models-facts">
    <dt>${labels.training}</dt>
    <dd>${model.trainedToReflect ? trained : model.imported === undefined ? labels.asked : labels.askedInVain}</dd>
    ${fileFacts(model, locale)}
    ${
      build === undefined
        ? nothing
        : html`<dt>${labels.build}</dt>
            <dd lang="en">${build}</dd>`
    }
    <dt>${labels.size}</dt>
    <dd>${format.bytes(model.downloadBytes)}</dd>
    <dt>${labels.gpuMemory}</dt>
    <dd>${format.bytes(model.gpuMemoryBytes)}</dd>
    <dt>${labels.contextWindow}</dt>
    <dd>${labels.tokens(model.contextWindow)}</dd>
    ${
      model.languages.length === 0
        ? nothing
        : html`<dt>${labels.languages}</dt>
            <dd>${format.list(model.languages.map((tag) => languageName(tag, locale)))}</dd>`
    }
    <dt>${labels.license}</dt>
    <dd dir="auto">${model.license === '' ? labels.noLicense : model.license}</dd>
    <dt>${labels.revision}</dt>
    <dd dir="auto">${model.revision}</dd>
    <dt>${labels.address}</dt>
    <dd dir="ltr">${addressOf(model)}</dd>
  </dl>`
}

/** What a GGUF file says of itself. */
function fileFacts({ imported }: ModelDescription, { words, format }: Locale): TemplateResult | typeof nothing {
  if (imported === undefined) return nothing
  const labels = words.models
  const { architecture, quantization, parameters, contextLength, tokenizer, chatTemplate } = imported.description
  return html`<dt>${labels.kind}</dt>
    <dd dir="auto">${labels.ggufKind(architecture, quantization)}</dd>
    <dt>${labels.weights}</dt>
    <dd>${format.number(parameters)}</dd>
    ${
      contextLength === undefined
        ? nothing
        : html`<dt>${labels.madeFor}</dt>
            <dd>${labels.tokens(contextLength)}</dd>`
    }
    <dt>${labels.tokenizer}</dt>
    <dd>${labels.tokenizerOf(tokenizer.pre ?? tokenizer.kind, tokenizer.tokens)}</dd>
    <dt>${labels.template}</dt>
    <dd>${chatTemplate === undefined ? labels.noTemplate : labels.ownTemplate}</dd>`
}

/** Of its folder; of a GGUF file, its own. */
function addressOf({ folderUrl, files, imported }: ModelDescription): string {
  const [file] = imported === undefined ? [] : (files ?? [])
  if (file === undefined) return folderUrl
  const { href, origin, pathname } = new URL(file.path, folderUrl)
  return origin === IMPORTED_ORIGIN ? decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1)) : href
}

/** The name of a language in the language of the page; the tag itself where it is none. */
function languageName(tag: string, { language }: Locale): string {
  try {
    return new Intl.DisplayNames(language, { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
