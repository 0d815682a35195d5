import * as Comlink from 'comlink'
import { ReflectionError } from '../src/core/errors.ts'
import { openArtifactStore } from './artifact-store.ts'
import { createEarlyGpu } from './early-gpu.ts'
import { createWorkerApi, type WorkerParts } from './create-worker-api.ts'

/** What is used of the chunk that holds WebLLM. */
interface WebLLM {
  readonly openWebLLM: WorkerParts['openModel']
}

const store = openArtifactStore()
const gpu = createEarlyGpu()
let webllm: Promise<WebLLM> | undefined

/** WebLLM has six megabytes: evaluating them keeps this thread busy, so whatever the GPU can do meanwhile should have begun before. */
function importWebLLM(): Promise<WebLLM> {
  webllm ??= import('./webllm-engine.ts')
  return webllm.catch((cause: unknown) => {
    throw new ReflectionError(
      'download-failed',
      'The engine could not be fetched. Check the connection and load again, or load the page again.',
      { cause },
    )
  })
}

/** Before the page has said which model it wants: on a first visit all comes over the network, later it is most likely the one that is stored. */
async function beginEarly(): Promise<void> {
  const [address, ...others] = await store.addresses('webllm/wasm')
  if (address === undefined) await importWebLLM()
  else if (others.length === 0) await gpu.begin(address, () => store.read('webllm/wasm', address))
}

beginEarly().catch(() => undefined) // a load that follows will fail in the same way, and says so

Comlink.expose(
  createWorkerApi({
    store,
    gpu,
    openModel: async (model, options) => (await importWebLLM()).openWebLLM(model, options),
  }),
)
