/**
 * What the AI SDK 6 calls a model, as far as ours goes. It is written out here because the SDK's own packages of versions 3 and 4 differ in
 * what they call by this name, and only one of them is there.
 */
export interface LanguageModelV3Face {
  readonly specificationVersion: 'v3'
  readonly provider: string
  readonly modelId: string
  supportedUrls: Record<string, RegExp[]>
  /** @param call - `LanguageModelV3CallOptions`. */
  doGenerate(call: object): Promise<{
    content: ({ type: 'text'; text: string } | { type: 'reasoning'; text: string; providerMetadata: ReasoningMark })[]
    finishReason: FinishReasonV3
    usage: UsageV3
    warnings: WarningV3[]
  }>
  /** @param call - `LanguageModelV3CallOptions`. */
  doStream(call: object): Promise<{ stream: ReadableStream<StreamPartV3> }>
}

export type StreamPartV3 =
  | { type: 'stream-start'; warnings: WarningV3[] }
  | { type: 'response-metadata'; timestamp: Date; modelId: string }
  | { type: 'text-start' | 'text-end'; id: string }
  | { type: 'reasoning-start' | 'reasoning-end'; id: string; providerMetadata: ReasoningMark }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  | { type: 'finish'; usage: UsageV3; finishReason: FinishReasonV3 }
  | { type: 'error'; error: unknown }

/** Whether a part is thinking or a check of it. */
export type ReasoningMark = { 'second-thought': { kind: 'thinking' | 'reflection' } }

export type FinishReasonV3 = { unified: 'stop' | 'length' | 'error' | 'other'; raw: string | undefined }

export type WarningV3 = { type: 'unsupported'; feature: string; details: string }

export type UsageV3 = {
  inputTokens: {
    total: number | undefined
    noCache: number | undefined
    cacheRead: number | undefined
    cacheWrite: number | undefined
  }
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined }
}
