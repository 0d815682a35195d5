import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VitePWA } from 'vite-plugin-pwa'

/**
 * Which part of the page a file is of, by its name (`src/protocol/offline-messages.ts`); any other is of the page itself. The names are
 * given by `vite.config.ts`.
 * @type {readonly (readonly [part: string, name: RegExp])[]}
 */
const PARTS = [
  ['gpu', /^assets\/webllm-engine-/],
  ['threads', /^assets\/llama-cpp-threads-/],
  ['processor', /^assets\/llama-cpp-program-/],
]

/**
 * Builds the service worker beside the page, with the list of the files that it keeps: each with its size, its hash and the part that it is of.
 * Weights are not among them: they lie in IndexedDB. Of the embedded model only its description is.
 * @param {string} outDir
 * @returns {import('vite').Plugin[]}
 */
export function offlineCopy(outDir) {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: 'src/service-worker',
    filename: 'service-worker.ts',
    injectRegister: false, // the page does that once its model is ready
    manifest: false, // it is a file in public/
    integration: { configureCustomSWViteBuild: (config) => void (config.logLevel = 'error') },
    injectManifest: {
      rollupFormat: 'iife',
      globPatterns: [
        'index.html',
        'assets/*',
        'icon.svg',
        'icon-*.png',
        'manifest.webmanifest',
        'models/**/manifest.json',
      ],
      globIgnores: ['assets/headless-*'],
      maximumFileSizeToCacheInBytes: 32 * 1024 * 1024,
      dontCacheBustURLsMatching: /^assets\//, // their names hold a hash
      manifestTransforms: [
        (entries) => ({ manifest: entries.map((entry) => describe(entry, outDir)).toSorted(byUrl), warnings: [] }),
      ],
    },
  })
}

/** @param {{ url: string, revision: string | null, size: number }} entry @param {string} outDir */
function describe({ url, revision, size }, outDir) {
  const hash = createHash('sha256')
    .update(readFileSync(join(outDir, url)))
    .digest('base64')
  const [part = 'page'] = PARTS.find(([, name]) => name.test(url)) ?? []
  return { url, revision, size, bytes: size, integrity: `sha256-${hash}`, part }
}

/** @param {{ url: string }} one @param {{ url: string }} other */
function byUrl({ url: one }, { url: other }) {
  return one < other ? -1 : 1
}
