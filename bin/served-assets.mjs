/** What a site has to serve for the package: where it lies in the package, whether a folder holds it, and how it gets there. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package that holds it. */
export const SOURCE = fileURLToPath(new URL('../dist/cdn', import.meta.url))

/** Every file of a build, with its size and SHA-256. @typedef {{ version: string, files: { path: string, bytes: number, sha256: string }[] }} AssetList */

/** @param {string} folder @returns {AssetList | undefined} Undefined where there is none, or none that can be read. */
export function listOf(folder) {
  try {
    const list = JSON.parse(readFileSync(join(folder, 'assets.json'), 'utf8'))
    return list.package === 'second-thought' && Array.isArray(list.files) ? list : undefined
  } catch {
    return undefined
  }
}

/** What the package holds. @returns {AssetList} @throws {Error} When the package is not whole. */
export function ownList() {
  const list = listOf(SOURCE)
  if (list === undefined) throw new Error(`The package is not whole: ${SOURCE} has no assets.json. Install it again.`)
  return list
}

/** What a folder lacks of a list. @param {string} folder @param {AssetList} list @returns {string[]} */
export function problemsOf(folder, { files }) {
  return files.flatMap(({ path, bytes, sha256 }) => {
    const file = join(folder, path)
    if (!existsSync(file)) return [`${path} is missing`]
    const content = readFileSync(file)
    if (content.length !== bytes) return [`${path} has ${content.length} bytes, not ${bytes}`]
    return createHash('sha256').update(content).digest('hex') === sha256 ? [] : [`${path} is another file`]
  })
}

/** Puts it into a folder, in the place of what an earlier version put there; the folder may hold other things. @param {string} folder */
export function copyAssets(folder) {
  const list = ownList()
  for (const { path } of listOf(folder)?.files ?? []) {
    if (resolve(folder, path).startsWith(resolve(folder))) rmSync(join(folder, path), { force: true })
  }
  for (const { path } of [...list.files, { path: 'assets.json' }]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(SOURCE, path), join(folder, path))
  }
  return list
}

/** The name of the file that says who may show the chat in a frame. */
export const ALLOWED = 'embed.json'

/**
 * What that file holds.
 * @param {readonly string[]} named @returns {{ origins: string[], text: string }}
 * @throws {Error} When one of them is no origin.
 */
export function allowedOrigins(named) {
  const origins = named.map((text) => {
    const origin = URL.canParse(text) ? new URL(text).origin : 'null'
    if (origin === 'null') throw new Error(`${text} is no origin. One looks like https://shop.example`)
    return origin
  })
  return { origins, text: `${JSON.stringify({ origins }, undefined, 2)}\n` }
}

/** Says which other sites may show the chat of a folder in a frame. @param {string} folder @param {readonly string[]} named @returns {string[]} */
export function allowOrigins(folder, named) {
  const { origins, text } = allowedOrigins(named)
  writeFileSync(join(folder, ALLOWED), text)
  return origins
}
