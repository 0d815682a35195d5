import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Hosts that others send a download on to, which a policy must name as well. */
const REDIRECTS = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  'https://huggingface.co': ['https://*.huggingface.co', 'https://*.hf.co'],
})

/** A host as a policy names it, perhaps all below one. What else a policy may say would allow more than hosts, or end the directive. */
const HOST = /^https?:\/\/(\*\.)?(\[[0-9a-f:]+\]|[a-z\d.-]+)(:\d+)?\/?$/i

/**
 * Writes the Content-Security-Policy into the built pages; the development server needs its own inline script, so it goes without.
 * @param {readonly { folderUrl: string, libraryUrl: string }[]} models That can be chosen by name.
 * @param {NodeJS.ProcessEnv} env Its `MODEL_HOSTS` adds hosts.
 * @returns {import('vite').Plugin}
 */
export function contentPolicy(models, env) {
  let folder = ''
  return {
    name: 'content-security-policy',
    apply: 'build',
    configResolved: ({ root, build }) => void (folder = resolve(root, build.outDir)),
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policyFor(models, env) },
        injectTo: 'head-prepend',
      },
    ],
    writeBundle: () => writeFileSync(noteFor(folder), noteOf(env)),
  }
}

/**
 * Whether a site was built with the hosts of `MODEL_HOSTS` and no others.
 * @param {string} folder Of the site.
 * @param {NodeJS.ProcessEnv} env
 */
export function isBuiltFor(folder, env) {
  const note = noteFor(folder)
  return existsSync(note) && readFileSync(note, 'utf8') === noteOf(env)
}

/** Beside the site, as nobody who visits it needs it. @param {string} folder */
const noteFor = (folder) => `${folder}.model-hosts`

/** @param {NodeJS.ProcessEnv} env */
const noteOf = (env) => `${[...new Set(hostsOf(env))].toSorted().join('\n')}\n`

/**
 * The hosts of `MODEL_HOSTS`, for models and servers of your own: `MODEL_HOSTS="https://models.example" npm run build`.
 * @param {NodeJS.ProcessEnv} env
 * @throws {Error} Names what is no host.
 */
function hostsOf({ MODEL_HOSTS = '' }) {
  const hosts = MODEL_HOSTS.split(/\s+/).filter((host) => host !== '')
  const wrong = hosts.find((host) => !HOST.test(host))
  if (wrong === undefined) return hosts
  throw new Error(
    `MODEL_HOSTS names "${wrong}", but each part must be like https://models.example or http://localhost:8000.`,
  )
}

/**
 * Where the files of the models come from, and nowhere else. A page cannot widen its policy while it runs, so all hosts are known here.
 * @param {readonly { folderUrl: string, libraryUrl: string }[]} models
 * @param {NodeJS.ProcessEnv} env
 */
export function policyFor(models, env) {
  const origins = models.flatMap(({ folderUrl, libraryUrl }) => [new URL(folderUrl).origin, new URL(libraryUrl).origin])
  const redirects = origins.flatMap((origin) => REDIRECTS[origin] ?? [])
  const hosts = new Set([...origins, ...redirects, ...hostsOf(env)])
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ["connect-src 'self'", ...hosts].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
