import type { Mark } from './notice-eviction.ts'

/** Which downloads the user paused, by the folders of their models. All tabs of the page have the same. */
export interface PausedDownloads {
  has(folderUrl: string): boolean
  set(folderUrl: string, isPaused: boolean): void
  /** Tells when another tab paused a download, or went on with one. @returns Ends that. */
  listen(listener: () => void): () => void
}

/** A mark that other tabs may change. */
export interface SharedMark extends Mark {
  listen(listener: () => void): () => void
}

/** @param mark - Where they are kept over a reload. Default: in memory, for who keeps nothing. */
export function createPausedDownloads(mark: SharedMark = memoryMark()): PausedDownloads {
  const read = () => {
    try {
      const value: unknown = JSON.parse(mark.read() ?? '[]')
      return new Set(Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [])
    } catch {
      return new Set<string>()
    }
  }
  return {
    has: (folderUrl) => read().has(folderUrl),
    set(folderUrl, isPaused) {
      const paused = read()
      if (paused.has(folderUrl) === isPaused) return
      if (isPaused) paused.add(folderUrl)
      else paused.delete(folderUrl)
      mark.write(JSON.stringify([...paused]))
    },
    listen: mark.listen,
  }
}

function memoryMark(): SharedMark {
  let text: string | null = null
  return {
    read: () => text,
    write: (next) => (text = next),
    listen: () => () => undefined,
  }
}
