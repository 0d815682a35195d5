/**
 * llama.cpp's program as wllama ships it is a script for a worker of its own, which wllama makes from a text at run time. Pages whose policy
 * forbids that could not use it, and ours has a worker already: so `…/wllama.js?program` is that script as a module, whose default export
 * runs it with the settings that it else looks for in a variable `Module`.
 * @returns {import('vite').Plugin}
 */
export function llamaCppProgram() {
  return {
    name: 'llama-cpp-program',
    enforce: 'pre',
    transform: {
      filter: { id: /wllama\.js\?program$/ },
      handler: (code) => ({ code: `export default function (Module) {\n${code}\n}\n`, map: null }),
    },
  }
}
