import { createStore, get, set, type UseStore } from 'idb-keyval'

let store: UseStore | undefined

/**
 * What a measurement of this device found at the first visits: it is made anew until it has been made so often, and what it found is kept.
 * @param most - How often it is made; what else the device does makes one alone doubtful.
 * @returns Oldest first, at least one; what cannot be kept counts for this time.
 */
export async function keptFindings(
  name: string,
  most: number,
  measure: () => number | Promise<number>,
): Promise<readonly number[]> {
  let kept: readonly number[] = []
  try {
    store ??= createStore('second-thought-device', 'measured')
    const found = await get<unknown>(name, store)
    if (Array.isArray(found)) kept = found.filter((one) => typeof one === 'number')
  } catch {
    // there is no storage
  }
  if (kept.length >= most) return kept
  const findings = [...kept, await measure()]
  try {
    if (store !== undefined) await set(name, findings, store)
  } catch {
    // it is full, or may not be opened here
  }
  return findings
}
