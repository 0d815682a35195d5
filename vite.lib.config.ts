import { defineConfig } from 'vite'

/** Builds the package that other projects import; the pages have a configuration of their own. */
export default defineConfig({
  base: './',
  publicDir: false,
  build: {
    outDir: 'dist/lib',
    emptyOutDir: true,
    target: 'es2022',
    minify: false,
    lib: {
      entry: { parser: 'src/parser.ts' },
      formats: ['es'],
    },
  },
})
