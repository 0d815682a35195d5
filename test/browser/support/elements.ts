import axe from 'axe-core'
import { expect, vi } from 'vitest'

/** Resolves when something holds; the page draws once a frame. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000
  while (!holds()) {
    if (performance.now() > end) throw new Error(`This never held: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export function find<Kind extends HTMLElement>(root: ParentNode, selector: string): Kind {
  const found = root.querySelector<Kind>(selector)
  if (found === null) throw new Error(`nothing matches ${selector}`)
  return found
}

export function textOf(element: Element | null): string {
  return element?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''
}

/** By its label, or else its text. */
export function button(root: ParentNode, name: string): HTMLButtonElement {
  const all = [...root.querySelectorAll('button')]
  const found = all.find((one) => (one.getAttribute('aria-label') ?? textOf(one)) === name)
  if (found === undefined) throw new Error(`no button ${name}`)
  return found
}

/** All that axe finds in a part of a page. */
export async function faults(root: HTMLElement): Promise<string[]> {
  const { passes, violations } = await axe.run(root)
  expect(passes.length).toBeGreaterThan(5)
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** What the page hands the user to keep, caught before the browser puts it on the disk. */
export function catchDownloads(signal: AbortSignal): { name: string; text: () => Promise<string> }[] {
  const caught: { name: string; text: () => Promise<string> }[] = []
  const blobs = new Map<string, Blob>()
  const create = URL.createObjectURL.bind(URL)
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    const address = create(blob)
    if (blob instanceof Blob) blobs.set(address, blob)
    return address
  })
  document.addEventListener(
    'click',
    (event) => {
      const { target } = event
      if (!(target instanceof HTMLAnchorElement) || target.download === '') return
      event.preventDefault()
      const { href, download: name } = target
      caught.push({ name, text: async () => (await blobs.get(href)?.text()) ?? '' })
    },
    { signal, capture: true },
  )
  return caught
}
