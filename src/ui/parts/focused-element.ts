/** What has the focus, also within elements that keep a tree of their own, for which `document.activeElement` stands as a whole. */
export function focusedElement(): Element | null {
  let element = document.activeElement
  for (let inner = element; inner !== null; inner = inner.shadowRoot?.activeElement ?? null) element = inner
  return element
}
