import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { serveSite } from '../../../scripts/start.mjs'
import { buildTestPage, TEST_PAGES } from './build-test-page.ts'

/** Builds what the tests open, once for all files: the site unless it is newer than its sources, and the test pages. */
export default async function setUp(project: TestProject): Promise<() => void> {
  await (await serveSite({ port: 0 })).close()
  const folder = mkdtempSync(join(tmpdir(), 'test-pages-'))
  for (const page of TEST_PAGES) await buildTestPage(page, join(folder, page))
  project.provide('testPages', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
