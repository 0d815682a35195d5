import { keptFindings } from './kept-findings.ts'
import { measureThreads } from './measure-threads.ts'

/** More do not help: what is left waits for the memory. */
const MOST_THREADS = 8

/** Up to so many logical processors all are used; beyond, every second, as two share the parts that multiply. */
const FEW = 4

/** Several threads have to be so many times as fast as one: they keep other programs from the processors. */
const LEAST_GAIN = 1.2

/** It is tried at so many visits: at one of them the device may have been busy with something else. */
const MOST_VISITS = 3

let chosen: Promise<number> | undefined

/**
 * Threads for llama.cpp: one, unless the page is isolated from other origins, which browsers want before threads may share memory, and
 * several were faster here when that was tried. They wait for each other at every step, without sleeping: on a device that is busy, two were
 * ten times as slow as one.
 */
export function processorThreads(): Promise<number> {
  const most = mostThreads()
  if (most === 1) return Promise.resolve(1)
  chosen ??= keptFindings(`gain-of-${most}-threads`, MOST_VISITS, () => measureThreads(most)).then((gains) =>
    areWorthIt(gains) ? most : 1,
  )
  return chosen
}

/** @internal Whether several threads are, by how many times as fast as one they were found. */
export function areWorthIt(gains: readonly number[]): boolean {
  const middle = gains.toSorted((one, other) => one - other)[Math.floor((gains.length - 1) / 2)] ?? 0
  return middle >= LEAST_GAIN
}

function mostThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1
  const { hardwareConcurrency: logical } = navigator
  return Math.min(MOST_THREADS, logical <= FEW ? logical : Math.ceil(logical / 2))
}
