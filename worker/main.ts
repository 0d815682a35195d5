import * as Comlink from 'comlink'
import { openArtifactStore } from './artifact-store.ts'
import { createWorkerApi } from './create-worker-api.ts'
import { openWebLLM } from './webllm-engine.ts'

Comlink.expose(createWorkerApi(openArtifactStore(), openWebLLM))
