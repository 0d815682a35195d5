import type { TensorType } from './tensor-types.ts'

/** A value of a file's metadata. Whole numbers beyond 2^53 are rounded; nobody counts with them. */
export type GgufValue = number | string | boolean | readonly GgufValue[]

export interface GgufTensor {
  readonly name: string
  /** Extents as the file has them, the shortest stride first: a matrix is [columns, rows]. */
  readonly shape: readonly number[]
  readonly type: TensorType
  /** From the beginning of the file, bytes. */
  readonly offset: number
  readonly bytes: number
}

/** What stands in a GGUF file before its numbers. */
export interface GgufHeader {
  readonly version: number
  /** By key, such as `general.architecture`. A map, so that no key of a file can be taken for a property of objects. */
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** In the order of the file. */
  readonly tensors: readonly GgufTensor[]
  /** Where the header ends, bytes; that much of a file says all about it. */
  readonly headerBytes: number
  /** The least that the whole file has, bytes: where its last tensor ends. */
  readonly fileBytes: number
}
