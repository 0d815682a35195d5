/** Where an event began, also within an element that keeps a tree of its own; `target` names the whole of that to those outside. */
export function originOf(event: Event): EventTarget | null {
  return event.composedPath()[0] ?? event.target
}

/**
 * Where to listen for what happens in and around a part of the page. Of what goes on within an element that keeps a tree of its own, such as
 * the focus that moves from one button to another, the document hears nothing; so both are told, and some events come twice.
 */
export function placesAround(root: Node): readonly EventTarget[] {
  return [...new Set([root.getRootNode(), document])]
}
