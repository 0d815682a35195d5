import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes the hashes of a changed copy of the site into the list of its service worker, which takes no other files. */
export function renewHashes(folder: string): void {
  const list = join(folder, 'service-worker.js')
  const withHashes = readFileSync(list, 'utf8').replace(/\{"bytes":[^{}]*\}/g, (entry) => {
    const file = JSON.parse(entry) as { url: string; revision: string | null; integrity: string }
    const content = readFileSync(join(folder, file.url))
    const integrity = `sha256-${createHash('sha256').update(content).digest('base64')}`
    const revision = file.revision === null ? null : createHash('md5').update(content).digest('hex')
    return JSON.stringify({ ...file, integrity, revision })
  })
  writeFileSync(list, withHashes)
}
