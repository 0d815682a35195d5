/** Builds the page into dist/site: `npm run build:site`. `npm start` does so as well where that is needed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { ALLOWED, copyAssets, listOf, SOURCE } from '../bin/served-assets.mjs'
import { runCommand } from './run-command.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Where the built page lies. */
export const SITE = join(ROOT, 'dist/site')

/** @param {'info' | 'error'} logLevel What is told of how it goes. @throws {Error} When the build fails. */
export async function buildSite(logLevel) {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const settings = { ...env, NODE_ENV: 'production' } // a test runner sets another, which brings libraries in their versions for debugging
  await renewSite(SITE, async () => {
    const code = await runCommand(execPath, [vite, 'build', '--logLevel', logLevel], { cwd: ROOT, env: settings })
    if (code !== 0) throw new Error('The page could not be built; the lines above say why.')
  })
}

/**
 * Builds a site, and puts beside it what other sites show of it, as far as `npm run build` has built that. It may be older than the page: what
 * the build itself has put there stays, above all a model that was made anew.
 * @param {string} site
 * @param {() => Promise<void>} build Empties the folder first.
 */
export async function renewSite(site, build) {
  const allowed = join(site, ALLOWED) // who may show the chat in a frame: no build knows that
  const kept = existsSync(allowed) ? readFileSync(allowed) : undefined
  try {
    await build()
  } finally {
    if (kept !== undefined) writeFileSync(allowed, kept)
  }
  if (listOf(SOURCE) !== undefined) copyAssets(site, { leavesOthers: true })
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildSite('info')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
