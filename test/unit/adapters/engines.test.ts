import { onTestFinished } from 'vitest'
import { createEngine } from '../../../src/client/create-engine.ts'
import { createScriptedWorkers, nextTask, STORED_MODEL } from '../worker/support/scripted-worker.ts'
import { describeEngine } from './support/engine-contract.ts'

describeEngine('the worker with a scripted model', {
  async open(text) {
    let promptTokens = Infinity
    const { start, models } = createScriptedWorkers({
      reply: '',
      async onCall({ ids }) {
        const model = models.at(-1)!
        if (model.cache.length < promptTokens) {
          promptTokens = model.cache.length + ids.length
          model.forget()
          model.script(`${text}<|eot_id|>`) // anew for each run
        }
        await nextTask() // so that someone can say something meanwhile
      },
    })
    const engine = createEngine({ createWorker: start })
    onTestFinished(() => engine.dispose())
    await engine.load(STORED_MODEL)
    return engine
  },
})
