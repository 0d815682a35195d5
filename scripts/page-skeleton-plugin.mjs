import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const STYLE_SHEET = fileURLToPath(new URL('../src/ui/app/app-page.css', import.meta.url))

/**
 * Gives every HTML file the head that all pages share: the one style sheet, and how a browser shall treat the page. The file itself
 * holds only what is its own: title, places, script. One that names its charset has a head of its own and stays as it is; such pages
 * show nothing.
 * @returns {import('vite').Plugin}
 */
export function pageSkeleton() {
  return {
    name: 'page-skeleton',
    transformIndexHtml: {
      order: 'pre', // Vite then takes the style sheet for one that stood in the file
      handler: (html, { filename }) => (html.includes('<meta charset') ? [] : headFor(filename)),
    },
  }
}

/** @param {string} page @returns {import('vite').HtmlTagDescriptor[]} */
function headFor(page) {
  return [
    meta({ charset: 'utf-8' }),
    meta({ name: 'viewport', content: 'width=device-width, initial-scale=1, interactive-widget=resizes-content' }),
    meta({ name: 'color-scheme', content: 'light dark' }),
    meta({ name: 'referrer', content: 'no-referrer' }),
    { tag: 'link', attrs: { rel: 'stylesheet', href: addressFrom(page) }, injectTo: 'head' },
  ]
}

/** @param {Record<string, string>} attrs @returns {import('vite').HtmlTagDescriptor} */
function meta(attrs) {
  return { tag: 'meta', attrs, injectTo: 'head-prepend' }
}

/** Where the style sheet lies as seen from a page, which may lie outside the root of what is built. @param {string} page */
function addressFrom(page) {
  const path = relative(dirname(page), STYLE_SHEET).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}
