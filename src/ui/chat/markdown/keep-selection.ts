/** Changes the nodes of a text but none of its characters, and leaves what the reader has selected of it selected. */
export function keepSelection(root: HTMLElement, change: () => void): void {
  const selection = selectionIn(root)
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {}
  const anchor = placeWithin(root, anchorNode, anchorOffset)
  const focus = placeWithin(root, focusNode, focusOffset)
  change()
  if (!selection || !anchorNode || !focusNode || (anchor ?? focus) === undefined) return
  const from = anchor === undefined ? ([anchorNode, anchorOffset ?? 0] as const) : pointAt(root, anchor)
  const to = focus === undefined ? ([focusNode, focusOffset ?? 0] as const) : pointAt(root, focus)
  selection.setBaseAndExtent(...from, ...to)
}

/** How many characters stand before a point; undefined when it is not in there. */
function placeWithin(root: HTMLElement, node: Node | null | undefined, offset = 0): number | undefined {
  if (!node || !root.contains(node)) return undefined
  const before = document.createRange()
  before.setStart(root, 0)
  before.setEnd(node, offset)
  return before.toString().length
}

function pointAt(root: HTMLElement, place: number): readonly [Node, number] {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  let left = place
  for (let text = texts.nextNode(); text instanceof Text; text = texts.nextNode()) {
    if (left <= text.length) return [text, left]
    left -= text.length
  }
  return [root, root.childNodes.length]
}

/** Chromium has a selection of its own for the tree of an element; elsewhere the document's serves both. */
function selectionIn(root: Node): Selection | null {
  const tree = root.getRootNode() as Node & { getSelection?: () => Selection | null }
  return tree.getSelection?.() ?? getSelection()
}
