import { createEngine } from '../client/create-engine.ts'
import { startWorker } from '../client/start-worker.ts'
import { createTabEngine } from '../client/tabs/create-tab-engine.ts'
import { findModel } from '../core/models/find-model.ts'
import type { ModelLoader } from '../state/model-loader.ts'
import { startApp, type FindModel } from './start-app.ts'

const root = document.querySelector<HTMLElement>('#app')
if (root !== null) void start(root) // not waited for: what is fetched later imports from the same file, and would wait for its end

async function start(place: HTMLElement): Promise<void> {
  try {
    const open = () => createEngine({ createWorker: startWorker })
    const engine = createTabEngine({ open, build: import.meta.url })
    const find: FindModel = (name, signal, found) => findModel(name, document.baseURI, signal, found)
    // The development server has no list of its files.
    const openOffline = import.meta.env.DEV
      ? undefined
      : async (model: ModelLoader['model']) => (await import('./keep-offline.ts')).keepOffline(model)
    await startApp(place, engine, find, engine.storage, openOffline)
  } catch (error) {
    // There may be no words yet to say it in, so it is said in those that are always here.
    if (place.childElementCount === 0) {
      place.textContent = `Second Thought could not start. Check the connection and load this page again. (${String(error)})`
    }
    throw error
  }
}
