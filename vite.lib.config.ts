import { readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'
import { servedWorkers } from './scripts/served-workers-plugin.mjs'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }

/**
 * Builds the package that other projects import; the pages, and what a site serves for the package, have configurations of their own. The
 * parser is built by itself (`--mode parser`), after the rest: it shares no file with it, so it can be taken alone.
 */
export default defineConfig(({ mode }) => ({
  base: './',
  publicDir: false,
  plugins: [servedWorkers(), customElementsManifest()],
  build: {
    outDir: 'dist/lib',
    emptyOutDir: mode !== 'parser',
    target: 'es2022',
    minify: false,
    lib: {
      entry:
        mode === 'parser'
          ? { parser: 'src/parser.ts' }
          : {
              index: 'src/index.ts',
              openai: 'src/openai.ts',
              'ai-sdk': 'src/ai-sdk.ts',
              'prompt-api': 'src/prompt-api.ts',
              embed: 'src/embed/embed-chat.ts',
              element: 'src/widget/element.ts',
              define: 'src/widget/define.ts',
            },
      formats: ['es'],
    },
    rolldownOptions: {
      external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)), // the user's bundler has one of each
      output: { chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
}))

/** Puts what editors know of the element beside its code. */
function customElementsManifest(): Plugin {
  return {
    name: 'custom-elements-manifest',
    generateBundle() {
      const source = readFileSync('src/widget/custom-elements.json', 'utf8')
      this.emitFile({ type: 'asset', fileName: 'custom-elements.json', source })
    },
  }
}
