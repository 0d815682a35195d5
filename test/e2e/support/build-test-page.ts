import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { pageSkeleton } from '../../../scripts/page-skeleton-plugin.mjs'

/**
 * Builds a page for what no small model says on demand: the whole page with scripted replies, or an answer alone. It has no policy:
 * what the renderer lets through would run.
 * @returns The folder, which the caller deletes.
 */
export async function buildTestPage(page: 'answer-page' | 'app-page'): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), `${page}-`))
  await build({
    configFile: false,
    root: fileURLToPath(new URL(page, import.meta.url)),
    base: './',
    logLevel: 'error',
    plugins: [pageSkeleton()],
    build: { outDir, emptyOutDir: true, target: 'es2022', minify: false, modulePreload: { polyfill: false } },
  })
  return outDir
}
