/** The public entry `.`: an engine in a worker, its events, its errors. Nothing is done at import; it may be imported where there is no browser. */
export { createServedEngine as createEngine } from './client/served-engine.ts'
export type { ServedEngine, ServedEngineOptions } from './client/served-engine.ts'
export { REFLECTION_SYSTEM_PROMPT } from './core/chat/system-prompt.ts'
export type {
  Capabilities,
  ChannelTokens,
  ChatMessage,
  Checkpoint,
  Engine,
  EngineChoice,
  EngineKind,
  EngineState,
  EngineStats,
  GenerateControl,
  GenerateOptions,
  GenerateRequest,
  LoadedModel,
  LoadOptions,
  LoadProgress,
  PrepareRequest,
  ProcessorCapabilities,
  RunEvent,
  RunNotice,
  RunsOn,
  RunSink,
  Usage,
  WaitReason,
} from './core/engine.ts'
export { ERROR_CODES, ReflectionError } from './core/errors.ts'
export type { ErrorCode } from './core/errors.ts'
export { findModel } from './core/models/find-model.ts'
export type {
  ModelDescription,
  ModelFile,
  SelfCheck,
  SelfCheckBias,
  Skill,
  TagTokens,
  TemplateStyle,
} from './core/models/model-description.ts'
export { listedModelIds } from './core/models/model-list.ts'
export type { RemoteServer } from './core/models/remote-server.ts'
export { streamRun } from './core/stream-run.ts'
export type { TagDialect } from './core/tags/dialect.ts'
export type { EndCause, FinishReason, ReasoningKind, TagEvent, TextSection } from './core/tags/tag-event.ts'
export { VERSION } from './core/version.ts'
