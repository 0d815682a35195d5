import type { LoadProgress } from '../../src/core/engine.ts'

/** Seconds over which the rate of a download is measured. */
const RATE_WINDOW = 5

/** Progress is told at most this often, milliseconds. */
const TELL_EVERY = 100

/** A download that brings no byte for this long says so, and again every second; milliseconds. */
const SILENCE = 5000

export interface Meter {
  /** Bytes that came; negative where some are given up. */
  add(count: number): void
  /** Bytes of a file that is gone on with, which were here before: they say nothing of how fast it goes. */
  addKept(count: number): void
  /** All came. */
  end(): void
  /** Says nothing from now on. */
  stop(): void
}

/**
 * Counts bytes, and says how fast they come or that none do.
 * @param totalBytes - Of all files, as far as their sizes are known.
 * @param wholeBytes - Of those that are here and need not come.
 */
export function createMeter(totalBytes: number, onProgress: (progress: LoadProgress) => void, wholeBytes = 0): Meter {
  const samples: { at: number; bytes: number }[] = [{ at: performance.now(), bytes: wholeBytes }]
  let bytes = wholeBytes
  let told = -Infinity
  let heard = performance.now()
  const clock = setInterval(() => {
    if (performance.now() - heard >= SILENCE) tell('download', true)
  }, 1000)

  function tell(phase: 'download' | 'verify', isForced = false): void {
    const now = performance.now()
    if (!isForced && now - told < TELL_EVERY && bytes < totalBytes) return
    told = now
    samples.push({ at: now, bytes })
    while (samples.length > 2 && now - (samples[1]?.at ?? now) > RATE_WINDOW * 1000) samples.shift()
    const [oldest = { at: now, bytes }] = samples
    const seconds = (now - oldest.at) / 1000
    const rate = seconds > 0.5 ? Math.max(0, bytes - oldest.bytes) / seconds : undefined
    const total = Math.max(totalBytes, bytes) // files of unknown size come on top
    const silence = now - heard
    onProgress({
      phase,
      share: total === 0 ? 1 : bytes / total,
      bytes,
      totalBytes: total,
      ...(rate === undefined ? {} : { bytesPerSecond: rate }),
      ...(rate === undefined || rate === 0 ? {} : { secondsLeft: (total - bytes) / rate }),
      ...(silence < SILENCE ? {} : { silentSeconds: Math.floor(silence / 1000) }),
    })
  }

  tell('download')
  return {
    add(count) {
      bytes += count
      heard = performance.now()
      tell('download')
    },
    addKept(count) {
      bytes += count
      for (const sample of samples) sample.bytes += count
    },
    end: () => tell('verify', true),
    stop: () => clearInterval(clock),
  }
}
