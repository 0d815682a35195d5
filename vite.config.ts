import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { llamaCppProgram } from './scripts/llama-cpp-plugin.mjs'
import { licenses } from './scripts/licenses-plugin.mjs'
import { offlineCopy } from './scripts/offline-plugin.mjs'
import { pageSkeleton } from './scripts/page-skeleton-plugin.mjs'
import { plainImports } from './scripts/plain-imports-plugin.mjs'
import { contentPolicy } from './scripts/policy-plugin.mjs'
import { prebuiltModels } from './src/core/models/model-list.ts'

/** Transforming WebLLM's six megabytes takes seconds, which is no reason for a warning. */
const checks = { pluginTimings: false }

const OUT_DIR = 'dist/site'

/** Builds the page as plain static files that work under any path; the library has a configuration of its own. */
export default defineConfig({
  base: './',
  plugins: [
    pageSkeleton(),
    plainImports(),
    contentPolicy(prebuiltModels, process.env),
    licenses(),
    llamaCppProgram(),
    offlineCopy(OUT_DIR),
  ],
  worker: {
    format: 'es',
    plugins: () => [llamaCppProgram()],
    rolldownOptions: { checks, output: { assetFileNames: nameFile, chunkFileNames: nameChunk } },
  },
  build: {
    outDir: OUT_DIR,
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      checks,
      input: ['index.html', 'headless.html'], // the chat; the engine alone, for `npm run ask`
      output: { codeSplitting: { groups: [{ name: firstLoad() }] }, assetFileNames: nameFile },
    },
    assetsInlineLimit: 0, // the policy allows no data: addresses
    modulePreload: {
      polyfill: false,
      // Of what is fetched later each part is small; lists of what each of them needs would make the first load larger.
      resolveDependencies: (_, parts, { hostType }) => (hostType === 'html' ? parts : []),
    },
    chunkSizeWarningLimit: 7000, // the worker holds all of WebLLM
  },
})

/** Files of llama.cpp are named after what they serve, by which the service worker keeps them together (`scripts/offline-plugin.mjs`). */
function nameFile({ originalFileNames }: { readonly originalFileNames: readonly string[] }): string {
  return `assets/${nameOfProgram(originalFileNames) ?? '[name]'}-[hash][extname]`
}

function nameChunk({ moduleIds }: { readonly moduleIds: readonly string[] }): string {
  return `assets/${nameOfProgram(moduleIds.filter((id) => id.endsWith('?program'))) ?? '[name]'}-[hash].js`
}

function nameOfProgram(sources: readonly string[]): string | undefined {
  if (sources.some((source) => /wllama.multi-thread|multi-thread.wllama/.test(source))) return 'llama-cpp-threads'
  return sources.some((source) => /single-thread.wllama/.test(source)) ? 'llama-cpp-program' : undefined
}

/** A module as the bundler knows it. */
interface KnownModule {
  readonly importedIds: readonly string[]
}

/**
 * Names the chunk of the chat and of all that it imports at once. Without it, what other parts import as well is spread over two dozen small
 * chunks, which compress to 6 kB more.
 */
function firstLoad(): (id: string, bundle: { getModuleInfo(id: string): KnownModule | null }) => string | null {
  let first: Set<string> | undefined
  return (id, bundle) => {
    if (first === undefined) {
      first = new Set()
      const waiting = [fileURLToPath(new URL('src/app/main.ts', import.meta.url))]
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (first.has(next)) continue
        first.add(next)
        waiting.push(...(bundle.getModuleInfo(next)?.importedIds ?? []))
      }
    }
    return first.has(id) ? 'first' : null
  }
}
