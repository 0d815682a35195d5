import type {
  Capabilities,
  EngineKind,
  GenerateRequest,
  LoadedModel,
  LoadProgress,
  PrepareRequest,
  RunEvent,
  Usage,
} from '../core/engine.ts'
import type { StoredModel } from '../core/model-storage.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import type { WireError } from './wire-error.ts'

/**
 * What the worker exposes over Comlink. Failures are thrown as `WireError`. A load cannot be aborted from here: whoever wants that ends
 * the worker, because WebLLM cannot be used after an aborted load.
 */
export interface WorkerApi {
  /** Answers at once, to show that the worker lives. */
  ping(): void
  capabilities(): Promise<Capabilities>
  /** Ends with the last of how far it is delivered. */
  load(model: ModelDescription, engine: EngineKind, onProgress: (progress: LoadProgress) => void): Promise<LoadedModel>
  /**
   * Ends with the last batch delivered. After `cancel` it resolves like any other run, with the finish reason `abort`; one that waited does
   * so at once, without an event.
   */
  generate(run: string, request: GenerateRequest, onEvents: (batch: readonly RunEvent[]) => void): Promise<Usage>
  /** Stops a run that waits or goes on; others are not touched. @returns Whether it goes on until it notices. */
  cancel(run: string): boolean
  answerNow(run: string): void
  /** Reads ahead until any other call needs the model; resolves when it has ended, however it did. */
  prepare(request: PrepareRequest): Promise<void>
  countTokens(text: string): number
  unload(): Promise<void>
  storedBytes(model: ModelDescription, engine?: EngineKind): Promise<number>
  deleteStored(model: ModelDescription): Promise<void>
  /** The rest is `ModelStorage`; what takes long tells how far it is. */
  storedModels(): Promise<readonly StoredModel[]>
  verifyStored(folderUrl: string, onProgress: (progress: LoadProgress) => void): Promise<readonly string[]>
  dropStored(folderUrl: string): Promise<void>
  exportStored(folderUrl: string): Promise<Blob>
  /** @param base - Address of the page. */
  describeFiles(files: readonly File[], base: string): Promise<ModelDescription | undefined>
  importModel(
    files: readonly File[],
    base: string,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<ModelDescription>
  /** Tells of the loss of the GPU, at most once. */
  onLost(listener: (error: WireError) => void): void
}
