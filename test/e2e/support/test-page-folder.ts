import { join } from 'node:path'
import { inject } from 'vitest'
import type { TestPage } from './build-test-page.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where global-setup.ts built the test pages to. */
    testPages: string
  }
}

/** The folder of a built test page. */
export function testPageFolder(page: TestPage): string {
  return join(inject('testPages'), page)
}
