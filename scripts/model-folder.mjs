import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * A folder on this computer that holds a model, as `forge convert` writes it.
 * @param {string} folder
 * @returns {{ folder: string, path: string }} `folder`: absolute. `path`: where a site serves it, with a slash at both ends. It names the content
 * of the manifest, which has the checksum of every file: a model that was made anew gets an address of its own, because browsers keep
 * the files of an address for good.
 * @throws {Error} When there is no such folder, or no manifest in it; the message says what to do.
 */
export function readModelFolder(folder) {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined) throw new Error(`There is no folder ${folder}.`)
  if (!found.isDirectory()) throw new Error(`${folder} is no folder. Give the folder that holds manifest.json.`)
  const manifest = join(folder, 'manifest.json')
  if (!existsSync(manifest)) {
    throw new Error(`${folder} has no manifest.json. Give a folder that \`forge convert --to webllm\` made.`)
  }
  const hash = createHash('sha256').update(readFileSync(manifest)).digest('hex').slice(0, 16)
  return { folder: resolve(folder), path: `/models/local/resolve/${hash}/` }
}
