import * as Comlink from 'comlink'
import { ReflectionError } from '../src/core/errors.ts'
import { openArtifactStore } from './artifact-store.ts'
import { createEarlyGpu } from './early-gpu.ts'
import { createWorkerApi } from './create-worker-api.ts'

// WebLLM has six megabytes: it comes while the page asks about the device, files are read and the GPU compiles.
const webllm = import('./webllm-engine.ts')
webllm.catch(() => undefined) // whoever loads a model hears of it

Comlink.expose(
  createWorkerApi({
    store: openArtifactStore(),
    gpu: createEarlyGpu(),
    openModel: async (model, options) => (await webllm.catch(unfetched)).openWebLLM(model, options),
  }),
)

function unfetched(cause: unknown): never {
  throw new ReflectionError(
    'download-failed',
    'The engine could not be fetched. Check the connection and load again, or load the page again.',
    { cause },
  )
}
