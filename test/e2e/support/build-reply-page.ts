import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Builds a page for what no small model says on demand: the chat with scripted replies, an answer alone, or the whole page. It has no policy:
 * what the renderer lets through would run.
 * @returns The folder, which the caller deletes.
 */
export async function buildReplyPage(page: 'reply-page' | 'answer-page' | 'app-page' = 'reply-page'): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'reply-page-'))
  await build({
    configFile: false,
    root: fileURLToPath(new URL(page, import.meta.url)),
    base: './',
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022', minify: false, modulePreload: { polyfill: false } },
  })
  return outDir
}
