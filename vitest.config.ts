import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumSettings } from './scripts/launch-chromium.mjs'

/** A busy machine takes its time; what never comes shall still be told, milliseconds. */
const PATIENCE = { timeout: 30_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 0, // no test asserts time; scripts/test.mjs ends a run that hangs
        },
      },
      {
        test: {
          name: 'package', // of what `npm run build` wrote
          environment: 'node',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 0,
          hookTimeout: 0,
        },
      },
      {
        test: {
          name: 'e2e', // the built site in Chromium
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/support/global-setup.ts'],
          testTimeout: 0,
          hookTimeout: 0,
          expect: { poll: PATIENCE },
          isolate: false, // files that run in one process share its browser
          maxWorkers: 2,
        },
      },
      {
        optimizeDeps: { include: ['@mlc-ai/web-llm', 'axe-core', 'comlink', 'idb-keyval', 'lucide'] }, // else found late, and the page reloads
        test: {
          name: 'browser', // the real worker, WebGPU and IndexedDB
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 0,
          hookTimeout: 0,
          expect: { poll: PATIENCE },
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            api: { host: '127.0.0.1' }, // WebLLM never stores a library whose address holds the name localhost
            provider: playwright({ launchOptions: chromiumSettings() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
