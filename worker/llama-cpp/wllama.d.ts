/** The programs of wllama as modules: `scripts/llama-cpp-plugin.mjs` makes each a function of what Emscripten calls the module. */
declare module '@wllama/wllama/src/*/wllama.js?program' {
  const start: (module: object) => void
  export default start
}

declare module '@wllama/wllama/*?url' {
  const address: string
  export default address
}
