import { createEngine } from '../client/create-engine.ts'
import { startWorker } from '../client/start-worker.ts'
import { createTabEngine } from '../client/tabs/create-tab-engine.ts'
import { findModel } from '../core/models/find-model.ts'
import type { ModelLoader } from '../state/model-loader.ts'
import { startApp, type FindModel } from './start-app.ts'

const root = document.querySelector<HTMLElement>('#app')
if (root !== null) {
  try {
    const open = () => createEngine({ createWorker: startWorker })
    const engine = createTabEngine({ open, build: import.meta.url })
    const find: FindModel = (name, signal, found) => findModel(name, document.baseURI, signal, found)
    // The development server has no list of its files.
    const openOffline = import.meta.env.DEV
      ? undefined
      : async (model: ModelLoader['model']) => (await import('./keep-offline.ts')).keepOffline(model)
    await startApp(root, engine, find, engine.storage, openOffline)
  } catch (error) {
    // There may be no words yet to say it in, so it is said in those that are always here.
    if (root.childElementCount === 0) {
      root.textContent = `Second Thought could not start. Check the connection and load this page again. (${String(error)})`
    }
    throw error
  }
}
