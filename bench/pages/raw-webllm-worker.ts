/** WebLLM as its own documentation uses it, in a worker: what our engine is measured against. */
import { MLCEngine, type ChatCompletionMessageParam } from '@mlc-ai/web-llm'
import * as Comlink from 'comlink'

export interface RawReply {
  readonly text: string
  /** Pieces of text, one for each token but for those that end inside a character. */
  readonly pieces: number
  /** From the first piece to the last, milliseconds. */
  readonly decodeMs: number
}

let engine: MLCEngine

const rawWebLLM = {
  async load(id: string, folderUrl: string, libraryUrl: string): Promise<void> {
    engine = new MLCEngine({
      appConfig: {
        model_list: [{ model: folderUrl, model_id: id, model_lib: libraryUrl }],
        cacheBackend: 'indexeddb',
      },
      logLevel: 'SILENT',
    })
    await engine.reload(id)
  },

  /** Always the likeliest token. Nothing leaves the worker before the end, so that only WebLLM is measured. */
  async reply(messages: ChatCompletionMessageParam[], maxTokens: number): Promise<RawReply> {
    const chunks = await engine.chat.completions.create({
      messages,
      temperature: 0,
      max_tokens: maxTokens,
      stream: true,
    })
    let text = ''
    let pieces = 0
    let first = 0
    let last = 0
    for await (const { choices } of chunks) {
      const piece = choices[0]?.delta.content ?? ''
      if (piece === '') continue
      last = performance.now()
      if (pieces === 0) first = last
      pieces++
      text += piece
    }
    return { text, pieces, decodeMs: last - first }
  },
}

export type RawWebLLM = typeof rawWebLLM

Comlink.expose(rawWebLLM)
