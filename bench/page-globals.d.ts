import type { Headless } from '../src/protocol/headless.ts'
import type { FirstText } from './sections/start.mjs'
import type { RawWebLLM } from './pages/raw-webllm-worker.ts'
import type { StreamRun } from './pages/scripted-stream.ts'

/** What the pages that the benchmark drives have to offer; each has one of them. */
declare global {
  var secondThought: Headless
  var rawWebLLM: { load(): Promise<void>; reply: RawWebLLM['reply'] }
  var streamReply: (tokens: number, tokensPerSecond: number) => Promise<StreamRun>
  var firstText: Promise<FirstText>
}
