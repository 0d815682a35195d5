import { onTestFinished, vi } from 'vitest'

/** Takes away what browsers give only to pages with https of their `crypto`, until the test is over. */
export function loseHttps(): void {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  onTestFinished(() => void vi.unstubAllGlobals())
}
