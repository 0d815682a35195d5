/** Vite's module around every `import()` that is fetched later. */
const PRELOAD_HELPER = '\0vite/preload-helper.js'

/**
 * Leaves a later part to its `import()` alone. Vite's own helper also fetches the scripts and style sheets that the part needs; here there are
 * none (`resolveDependencies` in vite.config.ts, and one style sheet for all), so its 2 kB would do nothing in the first load.
 * @returns {import('vite').Plugin}
 */
export function plainImports() {
  return {
    name: 'plain-imports',
    enforce: 'pre', // before Vite answers for its module itself
    apply: 'build',
    load(id) {
      return id === PRELOAD_HELPER ? 'export const __vitePreload = (load) => load()' : null
    },
  }
}
