import { defineConfig } from 'vitest/config'

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
    ],
  },
})
