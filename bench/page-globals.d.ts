import type { Headless } from '../src/protocol/headless.ts'
import type { FirstText } from './sections/start.mjs'
import type { RawWebLLM } from './pages/raw-webllm-worker.ts'
import type { AnswerRun } from './pages/answer-stream.ts'
import type { StreamRun } from './pages/scripted-stream.ts'

/** What the pages that the benchmark drives have to offer; each has one of them. */
declare global {
  var secondThought: Headless
  var rawWebLLM: { load(): Promise<void>; reply: RawWebLLM['reply'] }
  var largeModel: {
    load(files: readonly { path: string; bytes: number }[]): Promise<number>
    look(files: readonly { path: string; bytes: number }[], times: number): Promise<number[]>
    /** Resolves when the engine is there. */
    begin(): Promise<void>
  }
  var tellPhase: (phase: string, share: number) => Promise<void>
  var streamReply: (tokens: number, tokensPerSecond: number) => Promise<StreamRun>
  var beginAnswer: (kind: string, begun: number, length: number) => Promise<void>
  var streamAnswer: (charactersPerSecond: number) => Promise<AnswerRun>
  var firstText: Promise<FirstText>
  var modelReady: Promise<number>
}
