import { html } from 'lit/html.js'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import { atom } from 'nanostores'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { containFailure } from '../../src/ui/parts/contain-failure.ts'
import { renderOnChange } from '../../src/ui/parts/render-on-change.ts'

let root: HTMLElement
let life: AbortController
let reported: string[]

/** Throws where a message says so, in the middle of a rendering. */
class TouchyElement extends HTMLElement {
  set text(text: string) {
    if (text.startsWith('!')) throw new Error(text)
    this.textContent = text
  }
}
if (customElements.get('touchy-text') === undefined) customElements.define('touchy-text', TouchyElement)

beforeEach(() => {
  root = document.createElement('main')
  document.body.replaceChildren(root)
  life = new AbortController()
  reported = []
  const onError = (event: ErrorEvent) => {
    event.preventDefault()
    reported.push(event.message)
  }
  addEventListener('error', onError, { signal: life.signal, capture: true })
})
afterEach(() => life.abort())

const texts = () => [...root.querySelectorAll('li')].map(({ textContent }) => textContent?.trim())

describe('a list of messages', () => {
  const drawn = new Map<string, number>()

  function show(messages: readonly string[]) {
    const store = atom(messages)
    drawn.clear()
    const item = (text: string) => {
      drawn.set(text, (drawn.get(text) ?? 0) + 1)
      if (text.startsWith('?')) throw new Error(text)
      return html`<li><b></b><touchy-text .text=${text}></touchy-text></li>`
    }
    const list = () =>
      html`<h2>${store.get().length}</h2>
        ${repeat(
          store.get(),
          (text) => text,
          (text) =>
            containFailure(
              () => guard([text], () => item(text)),
              () => html`<li>plain ${text}</li>`,
            ),
        )}
        <footer>end ${store.get().length}</footer>`
    const redraw = renderOnChange(root, [store], list, { signal: life.signal })
    return {
      set(next: readonly string[]) {
        store.set(next)
        redraw.now()
      },
    }
  }

  test('shows one that cannot be drawn as its plain text, and all others as they are', () => {
    show(['a', '!setter', '?template', 'b'])
    expect(texts()).toEqual(['a', 'plain !setter', 'plain ?template', 'b'])
    expect(root.querySelector('footer')?.textContent).toBe('end 4')
    expect(reported.map((line) => line.replace(/^Uncaught Error: /, ''))).toEqual(['!setter', '?template'])
  })

  test('goes on after one of them, and shows other messages afterwards', () => {
    const list = show(['a', 'b'])
    list.set(['a', '!c', 'b'])
    list.set(['a', '!c', 'b', 'd'])
    expect(texts()).toEqual(['a', 'plain !c', 'b', 'd'])
    list.set(['e'])
    expect(texts()).toEqual(['e'])
    expect(root.querySelector('h2')?.textContent).toBe('1')
    expect(reported).toHaveLength(1)
  })

  test('draws none anew that has not changed', () => {
    const list = show(['a', 'b'])
    for (let count = 0; count < 5; count++) list.set(['a', 'b', String(count)])
    expect([drawn.get('a'), drawn.get('b')]).toEqual([1, 1])
  })
})

describe('a part of the page whose template throws', () => {
  test('is never half drawn, and is whole again after the next change', () => {
    const store = atom('a')
    const part = () =>
      html`<li>${store.get()}</li>
        <li><touchy-text .text=${store.get()}></touchy-text></li>`
    const redraw = renderOnChange(root, [store], part, { signal: life.signal })
    store.set('!b')
    redraw.now()
    expect(texts()).toEqual([])
    expect(reported).toHaveLength(1)
    store.set('c')
    redraw.now()
    expect(texts()).toEqual(['c', 'c'])
  })

  test('is drawn anew from nothing when what was drawn before is what fails', () => {
    const store = atom('a')
    let isTouchy = false
    const part = () => {
      if (!isTouchy) return html`<li>${store.get()}</li>`
      isTouchy = false
      throw new Error('once')
    }
    const redraw = renderOnChange(root, [store], part, { signal: life.signal })
    isTouchy = true
    store.set('b')
    redraw.now()
    expect(texts()).toEqual(['b'])
  })
})
