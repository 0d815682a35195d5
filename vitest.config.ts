import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumSettings } from './scripts/launch-chromium.mjs'
import { llamaCppProgram } from './scripts/llama-cpp-plugin.mjs'
import { LongestTestsFirst } from './scripts/longest-tests-first.mjs'
import { importedPackages } from './test/unit/support/imported-packages.ts'
import { startModelServer, stopModelServer } from './test/unit/support/model-server.ts'

/** A busy machine takes its time; what never comes shall still be told, milliseconds. */
const PATIENCE = { timeout: 30_000 }

/** No test asserts time. But one that hangs fails with its name, and the others run on; milliseconds. */
const HANGS = 10 * 60_000
const limits = { testTimeout: HANGS, hookTimeout: HANGS, teardownTimeout: 60_000 }

/** Tests of these files set V8's switches, which hold for a whole process. */
const ALONE = ['test/unit/core/tags/{linear-work,performance-cases}.test.ts']

export default defineConfig({
  test: {
    sequence: { sequencer: LongestTestsFirst },
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/**/*.test.ts'],
          exclude: ALONE,
          expect: { poll: PATIENCE },
          ...limits,
          isolate: false, // what most of the time goes into else is starting processes
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'unit-alone', // each in a process of its own
          environment: 'node',
          include: ALONE,
          ...limits,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'package', // of what `npm run build` wrote
          environment: 'node',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/support/global-setup.ts'],
          expect: { poll: PATIENCE },
          ...limits,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e', // the built site in Chromium
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/support/global-setup.ts'],
          ...limits,
          expect: { poll: PATIENCE },
          isolate: false, // files that run in one process share its browser
          maxWorkers: 2,
        },
      },
      {
        plugins: [llamaCppProgram()],
        worker: { plugins: () => [llamaCppProgram()] },
        optimizeDeps: { include: importedPackages() }, // all of them: one that is found late reloads the page in the middle of a test
        test: {
          name: 'browser', // the real worker, WebGPU and IndexedDB
          include: ['test/browser/**/*.test.ts'],
          ...limits,
          expect: { poll: PATIENCE },
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            api: { host: '127.0.0.1' },
            provider: playwright({ launchOptions: chromiumSettings({ windowless: true }) }),
            instances: [{ browser: 'chromium' }],
            commands: { startModelServer, stopModelServer },
          },
        },
      },
    ],
  },
})
