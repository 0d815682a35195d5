import * as Comlink from 'comlink'
import { findModel } from '../../src/core/models/find-model.ts'
import { embeddedModel } from '../../src/core/models/model-list.ts'
import type { RawWebLLM } from './raw-webllm-worker.ts'

const worker = Comlink.wrap<RawWebLLM>(
  new Worker(new URL('./raw-webllm-worker.ts', import.meta.url), { type: 'module' }),
)

globalThis.rawWebLLM = {
  async load() {
    const { id, folderUrl, libraryUrl } = await findModel(embeddedModel.id, document.baseURI)
    await worker.load(id, folderUrl, libraryUrl)
  },
  reply: (messages, maxTokens) => worker.reply(messages, maxTokens),
}
