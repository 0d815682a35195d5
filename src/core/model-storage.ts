import type { LoadProgress } from './engine.ts'
import type { ModelDescription } from './models/model-description.ts'

/** A file of a model that is on this device, whole or in part. */
export interface StoredFile {
  readonly name: string
  /** Stored; and when it is whole, where that is known. */
  readonly bytes: number
  readonly totalBytes?: number
  readonly isComplete: boolean
  /** Lower-case hexadecimal; absent until the file has come whole, where nobody told. */
  readonly sha256?: string
  /** When all of its bytes were last checked, milliseconds since 1970. */
  readonly verifiedAt?: number
  /** Whether another stored model has it as well: it stays until the last of them goes. */
  readonly isShared: boolean
}

/** A model of which something is on this device. */
export interface StoredModel {
  readonly description: ModelDescription
  readonly files: readonly StoredFile[]
  /** Stored, shared files included. */
  readonly bytes: number
  /** All files that one of the engines takes are whole. */
  readonly isComplete: boolean
  /** Some of its files came from an archive or a folder of this device, and what they are only that says. Absent where all came from their addresses. */
  readonly isImported?: true
  /** When it was last loaded, milliseconds since 1970; absent before it was. */
  readonly usedAt?: number
  /** Since when the files by which it is whole are known to be right, milliseconds since 1970; absent where one of them was not checked whole. */
  readonly verifiedAt?: number
}

/** The files of models on this device, apart from loading them. */
export interface ModelStorage {
  /** What is stored, the model that was used last first. Reads no file. @throws {ReflectionError} `storage-unreadable`, as all here. */
  models(): Promise<readonly StoredModel[]>
  /**
   * Reads every byte of a model and compares it with its SHA-256. What is damaged is deleted, so that the next load fetches it anew.
   * @returns The names of the files that were damaged.
   */
  verify(folderUrl: string, onProgress?: (progress: LoadProgress) => void): Promise<readonly string[]>
  /** Deletes a model but for files that another one has as well. A download or an import of it that goes on fails with `model-not-loaded`. */
  delete(folderUrl: string): Promise<void>
  /**
   * A stored model as one `.tar` file, which `import` takes. It holds references to what is stored, and no bytes in memory.
   * @throws {ReflectionError} `model-not-loaded` where the model is not whole.
   */
  export(folderUrl: string): Promise<Blob>
  /**
   * What a GGUF file, or all parts of a split one, say of themselves; nothing is stored.
   * @returns Undefined for other files.
   * @throws {ReflectionError} `gguf-invalid`.
   */
  describe(files: readonly File[]): Promise<ModelDescription | undefined>
  /**
   * Takes a model in: from a GGUF file or all parts of a split one, from one `.tar`, or from the files of its folder. Each file is checked against the description that comes with them
   * (`manifest.json`, or what `export` wrote), which is all that vouches for it; of a model that the page lists, only its weights and its library
   * are taken. If anything is wrong, nothing of it stays; what an import leaves that is cut off is listed by `models`, incomplete.
   * @throws {ReflectionError} `model-import-invalid`, `manifest-invalid`, `gguf-invalid`, `download-corrupt`, `storage-full`; `model-not-loaded` where
   * the model is deleted meanwhile.
   */
  import(files: readonly File[], onProgress?: (progress: LoadProgress) => void): Promise<ModelDescription>
}
