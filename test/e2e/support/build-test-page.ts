import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { pageSkeleton } from '../../../scripts/page-skeleton-plugin.mjs'

/** Pages for what no small model says on demand: the whole page with scripted replies, and an answer alone. */
export const TEST_PAGES = ['app-page', 'answer-page'] as const

export type TestPage = (typeof TEST_PAGES)[number]

/** Builds a page into a folder. It has no policy: what the renderer lets through would run. */
export async function buildTestPage(page: TestPage, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: fileURLToPath(new URL(page, import.meta.url)),
    base: './',
    logLevel: 'error',
    plugins: [pageSkeleton()],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      minify: false,
      modulePreload: { polyfill: false },
      // What several parts need is one file: each file costs a page, which tests open by the hundred, five milliseconds of a core.
      rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } } },
    },
  })
}
