import { defineConfig } from 'vite'
import { llamaCppProgram } from './scripts/llama-cpp-plugin.mjs'
import { licenses } from './scripts/licenses-plugin.mjs'
import { servedFiles } from './scripts/served-files-plugin.mjs'
import { servedWorkers } from './scripts/served-workers-plugin.mjs'

/**
 * Builds the folder that a site serves for the package: the worker, the model, and scripts for pages without a bundler. It needs nothing
 * from anywhere else. The names of its entries stay the same from version to version.
 */
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [servedWorkers(), servedFiles(), licenses(), llamaCppProgram()],
  build: {
    outDir: 'dist/cdn',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false, // workers have no document
    chunkSizeWarningLimit: 7000, // the worker holds all of WebLLM
    rolldownOptions: {
      checks: { pluginTimings: false },
      preserveEntrySignatures: 'strict',
      input: {
        'second-thought': 'src/cdn.ts',
        'reflection-chat': 'src/cdn-element.ts',
        embed: 'src/embed/embed-chat.ts',
        'embed-frame': 'embed.html',
        worker: 'worker/main.ts',
        'highlight-worker': 'src/ui/chat/markdown/highlight-worker.ts',
        'math-worker': 'src/ui/chat/markdown/math-worker.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
