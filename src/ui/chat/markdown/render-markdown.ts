import createPurifier, { type Config, type DOMPurify } from 'dompurify'
import { blocksHtml } from './blocks-html.ts'
import type { AnyBlock } from './read-blocks.ts'

const TAGS =
  'p br hr h3 h4 h5 h6 blockquote ul ol li pre code em strong del a table thead tbody tr th td div span'.split(' ')
const ATTRIBUTES = ['href', 'title', 'rel', 'target', 'class', 'start', 'align', 'tabindex']
const ADDRESSES = /^(?:https?:\/\/[^/\\]|mailto:)/i

const CONFIG = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ATTRIBUTES,
  ADD_URI_SAFE_ATTR: ATTRIBUTES.filter((name) => name !== 'href'), // the others hold no addresses
  ALLOWED_URI_REGEXP: ADDRESSES,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
} as const satisfies Config

let purifier: DOMPurify | undefined

/** Blocks as safe nodes: no script, no style, no address but of the web and of mail, nothing that loads by itself. */
export function renderBlocks(blocks: readonly AnyBlock[]): DocumentFragment {
  if (purifier === undefined) {
    purifier = createPurifier(window) // one of our own, which reads its configuration once and not at every token
    purifier.setConfig(CONFIG)
  }
  return purifier.sanitize(blocksHtml(blocks), CONFIG)
}
