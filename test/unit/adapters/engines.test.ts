import { onTestFinished } from 'vitest'
import { describeRemoteModel } from '../../../src/adapters/remote/describe-remote-model.ts'
import { createRoutedEngine } from '../../../src/app/routed-engine.ts'
import { createEngine } from '../../../src/client/create-engine.ts'
import { createServedEngine } from '../../../src/client/served-engine.ts'
import { createEngineDesk } from '../../../src/client/tabs/engine-desk.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type ScriptedReply } from '../../fakes/scripted-engine.ts'
import { createRepeatingWorkers, STORED_MODEL } from '../worker/support/scripted-worker.ts'
import { describeEngine } from './support/engine-contract.ts'

/** @param ending - What the model draws after each text: without a stop token it has nothing more to draw, and fails. */
async function openWorker(text: string, ending: string) {
  const { start } = createRepeatingWorkers(text + ending)
  const engine = createEngine({ createWorker: start })
  onTestFinished(() => engine.dispose())
  await engine.load(STORED_MODEL)
  return engine
}

describeEngine('the worker with a scripted model', {
  open: (text) => openWorker(text, '<|eot_id|>'),
  openFailing: (text) => openWorker(text, ''),
})

/** What `createEngine` of the package gives; nobody loads its model but its first run. */
async function openServed(text: string, ending: string) {
  const { start } = createRepeatingWorkers(text + ending)
  const engine = createServedEngine({ worker: start, model: STORED_MODEL })
  onTestFinished(() => engine.dispose())
  await engine.load()
  return engine
}

describeEngine("the package's engine, with a worker of its user", {
  open: (text) => openServed(text, '<|eot_id|>'),
  openFailing: (text) => openServed(text, ''),
})

/** The engine as the tab sees it that has it. Other tabs borrow it: `test/unit/client/tabs/tab-line.test.ts`. */
async function openShared(text: string, ending: string) {
  const { start } = createRepeatingWorkers(text + ending)
  const desk = createEngineDesk(createEngine({ createWorker: start }))
  onTestFinished(() => desk.end(new ReflectionError('worker-died', 'The test is over.')))
  const engine = desk.join()
  await engine.load(STORED_MODEL)
  return engine
}

describeEngine('the engine that all tabs share, in its own tab', {
  open: (text) => openShared(text, '<|eot_id|>'),
  openFailing: (text) => openShared(text, ''),
})

const error = new ReflectionError('model-broken', 'The script wants it so.')
const scripted = (reply: string | ScriptedReply) => createScriptedEngine({ replies: [reply] })

async function openScripted(reply: string | ScriptedReply) {
  const engine = scripted(reply)
  await engine.load(SCRIPTED_MODEL)
  return engine
}

describeEngine('the scripted engine, which tests take for a real one', {
  open: openScripted,
  openFailing: (text) => openScripted({ text, error }),
})

/** Which has had another model before, on the other side. */
async function openRouted(reply: string | ScriptedReply) {
  const engine = createRoutedEngine(scripted('<output>of this device</output>'), async () => scripted(reply))
  await engine.load(SCRIPTED_MODEL)
  await engine.load(describeRemoteModel({ address: 'http://127.0.0.1:9/v1', model: 'any' }))
  return engine
}

describeEngine('an engine that is one of two', {
  open: openRouted,
  openFailing: (text) => openRouted({ text, error }),
})
