import { expect, test } from 'vitest'
import type { RequestNote } from '../../../src/core/request-notes.ts'
import { reasonOf, type RequestReason } from '../../../src/state/request-log.ts'

const BASE = 'https://site.example/chat/'
const MODELS = [
  { name: 'Reflection Tiny', addresses: [`${BASE}models/reflection-tiny/resolve/v1/`] },
  { name: 'Far', addresses: ['https://own.example/v1'], isOnServer: true },
  { name: 'Llama', addresses: ['https://weights.example/llama/', 'https://libraries.example/llama.wasm'] },
]

test.each<[string, Partial<RequestNote>, RequestReason]>([
  [`${BASE}assets/first-12345678.js`, {}, { why: 'page' }],
  [BASE, {}, { why: 'page' }],
  [`${BASE}assets/webllm-engine-12345678.js`, { by: 'worker' }, { why: 'engine' }],
  [`${BASE}assets/llama-cpp-program-12345678.wasm`, { by: 'worker' }, { why: 'engine' }],
  [`${BASE}models/reflection-tiny/resolve/v1/a.gguf`, { by: 'worker' }, { why: 'model', name: 'Reflection Tiny' }],
  ['https://weights.example/llama/shard', { by: 'worker' }, { why: 'model', name: 'Llama' }],
  ['https://libraries.example/llama.wasm', { by: 'worker' }, { why: 'model', name: 'Llama' }],
  ['https://store.example/x', { from: 'https://weights.example/llama/shard' }, { why: 'model', name: 'Llama' }],
  ['https://site.example/elsewhere', {}, { why: 'given' }],
  ['https://server.example/v1/models', {}, { why: 'given' }],
  ['https://own.example/v1/chat/completions', {}, { why: 'server', name: 'Far' }],
  [`${BASE}icon.svg`, { by: 'browser' }, { why: 'browser' }],
])('%s %j was asked for: %j', (address, more, reason) => {
  const line = { address, by: 'page', at: 0, bytes: 0, end: 'answered', times: 1, ...more } as const
  expect(reasonOf(line, BASE, MODELS)).toEqual(reason)
})
