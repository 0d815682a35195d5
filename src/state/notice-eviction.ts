import type { StoredModels } from './stored-models.ts'

/** A place for a short text that the browser does not take away with its databases; such as `localStorage`. */
export interface Mark {
  read(): string | null
  write(text: string): void
}

/** Models whose loss is worth a word, bytes; smaller ones come again in a moment. */
const WORTH_TELLING = 50e6

/**
 * Notices that the browser took models away that it did not promise to keep: they were here when the page was open last, nobody deleted
 * them, and they are gone. Called once, when the page starts; from then on the mark follows what is stored.
 */
export async function noticeEviction({ list, refresh }: StoredModels, mark: Mark, tell: () => void): Promise<void> {
  await refresh()
  const before = readMark(mark)
  const now = list.get()
  if (now === undefined) return // it cannot be read, which is told elsewhere
  const left = new Set(now.map(({ description }) => description.folderUrl))
  if (before.some((folderUrl) => !left.has(folderUrl))) tell()
  list.subscribe((models = []) => {
    const large = models.filter(({ bytes }) => bytes > WORTH_TELLING).map(({ description }) => description.folderUrl)
    mark.write(JSON.stringify(large))
  })
}

function readMark(mark: Mark): string[] {
  try {
    const value: unknown = JSON.parse(mark.read() ?? '[]')
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  } catch {
    return []
  }
}
