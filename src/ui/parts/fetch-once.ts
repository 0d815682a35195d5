import type { FetchPart } from './fetch-part.ts'

/** Something that comes with a part of the page, which is fetched when it is needed first. */
export interface Fetched<Value> {
  /** Undefined as long as it is not here. */
  get(): Value | undefined
  /** Fetches it, unless it is here or on its way. What could not be fetched is tried again with the next call. */
  need(): void
}

/** @param onHere - Called when it has come. */
export function fetchOnce<Value>(
  fetchPart: FetchPart,
  fetch: () => Promise<Value>,
  onHere: () => void,
): Fetched<Value> {
  let value: Value | undefined
  let isComing = false

  async function begin(): Promise<void> {
    isComing = true
    value = await fetchPart(fetch())
    isComing = false
    if (value !== undefined) onHere()
  }

  return {
    get: () => value,
    need() {
      if (value === undefined && !isComing) void begin()
    },
  }
}
