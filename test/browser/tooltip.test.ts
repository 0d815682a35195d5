import { afterEach, beforeEach, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { mountTooltip } from '../../src/ui/parts/tooltip.ts'
import { find, until } from './support/elements.ts'

let life: AbortController
let root: HTMLElement

beforeEach(() => {
  life = new AbortController()
  root = document.createElement('main')
  root.innerHTML = `
    <button id="fixed" data-tooltip="Send">↑</button>
    <div id="reply" style="height: 50px; overflow: auto">
      <p style="height: 400px"><button id="moved" data-tooltip="Copy">c</button></p>
    </div>`
  document.body.replaceChildren(root)
  mountTooltip(root, { signal: life.signal })
})
afterEach(() => life.abort())

const isShown = () => find(root, '.tooltip').matches(':popover-open')

async function pointAt(button: string): Promise<void> {
  await userEvent.hover(find(root, button))
  await until(isShown)
}

/** Ends when all listeners were told. */
async function scroll(top: number): Promise<void> {
  const reply = find(root, '#reply')
  const told = new Promise((resolve) => reply.addEventListener('scroll', resolve, { once: true }))
  reply.scrollTop = top
  await told
}

test('a tooltip that is mounted late comes to the button that the pointer or the focus is on', async () => {
  for (const come of [() => userEvent.hover(find(root, '#fixed')), () => userEvent.keyboard('{Tab}')]) {
    life.abort()
    await come()
    life = new AbortController()
    mountTooltip(root, { signal: life.signal })
    await until(isShown)
    expect(find(root, '.tooltip').textContent).toBe('Send')
    await userEvent.unhover(find(root, '#fixed'))
  }
})

test('a tooltip stays while something else scrolls', async () => {
  await pointAt('#fixed')
  await scroll(30)
  expect(isShown()).toBe(true)
})

test('a tooltip also comes where something scrolls before it does', async () => {
  await userEvent.hover(find(root, '#fixed'))
  await scroll(30)
  await expect.poll(isShown).toBe(true)
})

test('a tooltip goes when its button is scrolled', async () => {
  await pointAt('#moved')
  await scroll(30)
  expect(isShown()).toBe(false)
})
