import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { pageSkeleton } from '../scripts/page-skeleton-plugin.mjs'

/** Where the pages of the benchmark are built to. */
export const PAGES = fileURLToPath(new URL('../dist/bench/pages', import.meta.url))

/** Builds the pages of the benchmark as the site is built, but without a policy: WebLLM's own loading wants no rules of ours. */
export async function buildPages() {
  const root = fileURLToPath(new URL('pages', import.meta.url))
  const checks = { pluginTimings: false } // transforming WebLLM takes seconds, which is no reason for a warning
  await build({
    configFile: false,
    root,
    base: './',
    logLevel: 'error',
    plugins: [pageSkeleton()],
    worker: { format: 'es', rolldownOptions: { checks } },
    build: {
      outDir: PAGES,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 7000,
      rolldownOptions: {
        checks,
        input: ['raw-webllm', 'scripted-stream', 'answer-stream', 'whole-page', 'weights'].map(
          (name) => `${root}/${name}.html`,
        ),
      },
    },
  })
}
