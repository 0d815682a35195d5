import * as Comlink from 'comlink'
import { ReflectionError } from '../src/core/errors.ts'
import { shareRequests } from '../src/core/watch-requests.ts'
import { hasRealGpu } from './capabilities.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { createEarlyGpu } from './early-gpu.ts'
import { createWorkerApi, type WorkerParts } from './create-worker-api.ts'
import { keepToHosts } from './keep-to-hosts.ts'
import { processorThreads } from './processor-threads.ts'
import type { TokenModel } from './token-model.ts'
import type { OpenOptions } from './webllm-engine.ts'
import { openOlderFiles } from './weights/older-files.ts'
import { openWeightStore } from './weights/weight-store.ts'

/** What is used of the chunk that holds WebLLM. */
interface WebLLM {
  readonly openWebLLM: (model: ModelDescription, options: OpenOptions) => Promise<TokenModel>
}

shareRequests('worker')
keepToHosts(globalThis.name)

const store = openWeightStore()
const gpu = createEarlyGpu()
let webllm: Promise<WebLLM> | undefined

/** WebLLM has six megabytes: evaluating them keeps this thread busy, so whatever the GPU can do meanwhile should have begun before. */
function importWebLLM(): Promise<WebLLM> {
  webllm ??= import('./webllm-engine.ts')
  return webllm.catch(notFetched)
}

function notFetched(cause: unknown): never {
  throw new ReflectionError(
    'download-failed',
    'The engine could not be fetched. Check the connection and load again, or load the page again.',
    { cause },
  )
}

const openModel: WorkerParts['openModel'] = async (model, engine, options) => {
  if (engine === 'gpu') return (await importWebLLM()).openWebLLM(model, options)
  const { openLlamaCpp } = await import('./llama-cpp-engine.ts').catch(notFetched)
  return openLlamaCpp(model, {
    read: (address) => options.made?.get(address)?.() ?? store.read(address),
    threads: await processorThreads(),
    onProgress: options.onProgress,
  })
}

/** Before the page has said which model it wants: on a first visit all comes over the network, later it is most likely the one that was used last. */
async function beginEarly(): Promise<void> {
  if (!(await hasRealGpu())) return // the processor will most likely do
  const [last] = (await store.models()).toSorted((one, other) => (other.usedAt ?? 0) - (one.usedAt ?? 0))
  if (last === undefined) await importWebLLM()
  else await gpu.begin(last.description.libraryUrl, () => store.read(last.description.libraryUrl))
}

beginEarly().catch(() => undefined) // a load that follows will fail in the same way, and says so

Comlink.expose(
  createWorkerApi({
    places: { store, older: openOlderFiles() },
    gpu,
    openModel,
  }),
)
