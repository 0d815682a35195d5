import { html, nothing, render } from 'lit/html.js'
import { describeServedModel } from '../client/served-engine.ts'
import { ReflectionError } from '../core/errors.ts'
import { openWeightRecords } from '../protocol/weight-records.ts'
import { loadFrameWords } from '../ui/words/frame-words.ts'
import { languageOf, loadLocale } from '../ui/words/locales.ts'
import type { ReflectionChatElement } from '../widget/reflection-chat.ts'
import { askForStorage, copyModel, hasModel } from './site-models.ts'

type Offer =
  | { readonly status: 'open' | 'asking' | 'refused' | 'absent' | 'full' | 'failed' | 'here' }
  | { readonly status: 'copying'; readonly share: number }

/** What ends it: the model is loaded, from wherever it came. */
const LOADING = ['reflection-progress', 'reflection-ready'] as const

/** What would bring the chat to life, and so load the model: not when it is meant for the offer. */
const TOUCHES = ['pointerdown', 'focusin', 'keydown']

/**
 * Offers above a chat in a frame to use the model that the visitor has downloaded on the chat's own site, until one is loaded. Nothing is
 * asked of the browser before the visitor says so. Shown only where the chat's model is not stored here.
 */
export async function offerModels(chat: ReflectionChatElement): Promise<void> {
  chat.querySelector(':scope > .offer')?.remove()
  if (chat.preload) return // its model is on its way
  const language = languageOf(chat.closest('[lang]')?.getAttribute('lang') ?? undefined)
  const [{ format }, words] = await Promise.all([loadLocale(language), loadFrameWords(language)])
  const here = openWeightRecords()
  if (await hasModel(here, chat.model)) return
  const site = location.host
  const place = document.createElement('div')
  place.slot = 'header'
  place.className = 'offer'
  place.lang = language
  const life = new AbortController()
  let offer: Offer = { status: 'open' }

  function show(next: Offer): void {
    offer = next
    render(view(), place)
  }

  function said(): string {
    switch (offer.status) {
      case 'open':
      case 'asking':
      case 'here':
      case 'full':
      case 'failed':
        return words[offer.status]
      case 'refused':
      case 'absent':
        return words[offer.status](site)
      case 'copying':
        return words.copying(format.percent(offer.share))
    }
  }

  function view() {
    const { status } = offer
    const isOffered = status !== 'here' && status !== 'absent'
    const isBusy = status === 'asking' || status === 'copying'
    return html`
      <p role="status">${said()}</p>
      ${isOffered ? html`<button type="button" ?disabled=${isBusy} @click=${use}>${words.use(site)}</button>` : nothing}
    `
  }

  async function use(): Promise<void> {
    show({ status: 'asking' })
    try {
      const there = await askForStorage() // at once: a browser hears it only as long as it remembers the click
      const { folderUrl } = await describeServedModel(chat.model, undefined)
      const isThere = await copyModel(folderUrl, there, here, (share) => show({ status: 'copying', share }))
      show({ status: isThere ? 'here' : 'absent' })
    } catch (error) {
      console.warn(error)
      if (error instanceof DOMException && error.name === 'NotAllowedError') show({ status: 'refused' })
      else show({ status: ReflectionError.is(error) && error.code === 'storage-full' ? 'full' : 'failed' })
    }
  }

  for (const type of TOUCHES) place.addEventListener(type, (event) => event.stopPropagation())
  for (const name of LOADING) {
    chat.addEventListener(
      name,
      () => {
        life.abort()
        place.remove()
      },
      { signal: life.signal },
    )
  }
  show(offer)
  chat.append(place)
}
