/** The plugin `second-thought/vite`: a site that Vite builds or serves has the worker and the embedded model in it. */
import { createReadStream } from 'node:fs'
import { extname, join } from 'node:path'
import { ALLOWED, allowedOrigins, allowOrigins, copyAssets, ownList, SOURCE } from './served-assets.mjs'

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 * @typedef {(request: Request, response: Response, next: () => void) => void} Handler
 */

/** @param {{ folder?: string, origins?: readonly string[] }} [options] See types/vite.d.ts. */
export function secondThought({ folder = 'second-thought', origins = [] } = {}) {
  let base = '/'

  /** While the site is developed nothing is copied: the files come from the package. @returns {Handler} */
  function serve() {
    const paths = new Set([...ownList().files.map(({ path }) => path), 'assets.json'])
    const allowed = origins.length === 0 ? undefined : allowedOrigins(origins).text
    return (request, response, next) => {
      const path = pathIn(request.url ?? '', `${base}${folder}/`)
      if (path === undefined) return next()
      response.setHeader('Cache-Control', 'no-cache')
      response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream')
      if (path === ALLOWED && allowed !== undefined) return void response.end(allowed)
      if (!paths.has(path)) return void response.writeHead(404).end() // not the page that Vite answers with
      createReadStream(join(SOURCE, path)).pipe(response)
    }
  }

  return {
    name: 'second-thought',
    /** @param {{ base: string }} config */
    configResolved(config) {
      base = config.base.startsWith('/') ? config.base : '/'
    },
    /** @param {{ middlewares: { use(handler: Handler): void } }} server */
    configureServer(server) {
      server.middlewares.use(serve())
    },
    /** Not what is rendered on a server. @param {{ config: { consumer?: string } }} environment */
    applyToEnvironment: ({ config }) => config.consumer !== 'server',
    /** @param {{ dir?: string }} output */
    writeBundle({ dir }) {
      if (dir === undefined) return
      copyAssets(join(dir, folder))
      if (origins.length > 0) allowOrigins(join(dir, folder), origins)
    },
  }
}

/** What follows a folder in the path of an address; undefined for what lies elsewhere. @param {string} url @param {string} prefix */
function pathIn(url, prefix) {
  const [path = ''] = url.split(/[?#]/)
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined
}
