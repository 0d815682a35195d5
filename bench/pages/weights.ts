/** The engine of the page, without the page, with a model that has more weights than it uses. */
import { createEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import { findModel } from '../../src/core/models/find-model.ts'
import { embeddedModel } from '../../src/core/models/model-list.ts'

const engine = createEngine({ createWorker: startWorker, engine: 'gpu' })

globalThis.largeModel = {
  async begin() {
    await engine.capabilities()
  },
  async load(files) {
    const model = await describe(files)
    const begun = performance.now()
    await engine.load(model, { onProgress: ({ phase, share }) => void tellPhase(phase, share) })
    return performance.now() - begun
  },
  async look(files, times) {
    const model = await describe(files)
    const taken: number[] = []
    for (let time = 0; time < times; time++) {
      const begun = performance.now()
      await engine.storedBytes(model, 'gpu')
      taken.push(performance.now() - begun)
    }
    return taken
  },
}

/** The embedded model as the server beside this page has it. */
async function describe(files: readonly { path: string; bytes: number }[]) {
  const { gguf: _, ...model } = await findModel(embeddedModel.id, document.baseURI)
  const folderUrl = new URL('large/resolve/v1/', document.baseURI).href
  return { ...model, folderUrl, libraryUrl: new URL('reflection-tiny.wasm', folderUrl).href, files }
}
