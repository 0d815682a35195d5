/** What a site has to serve for the package: where it lies in the package, whether a folder holds it, and how it gets there. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package that holds it. */
export const SOURCE = fileURLToPath(new URL('../dist/cdn', import.meta.url))

/** The name of the file that lists the others. */
const LIST = 'assets.json'

/** A file of a build, with its size and SHA-256. @typedef {{ path: string, bytes: number, sha256: string }} Asset */
/** All files of a build. @typedef {{ package: string, version: string, files: Asset[] }} AssetList */

/** @param {string} folder @returns {AssetList | undefined} Undefined where there is none, or none that can be read. */
export function listOf(folder) {
  try {
    const list = JSON.parse(readFileSync(join(folder, LIST), 'utf8'))
    return list.package === 'second-thought' && Array.isArray(list.files) ? list : undefined
  } catch {
    return undefined
  }
}

/** What the package holds. @returns {AssetList} @throws {Error} When the package is not whole. */
export function ownList() {
  const list = listOf(SOURCE)
  if (list === undefined) throw new Error(`The package is not whole: ${SOURCE} has no ${LIST}. Install it again.`)
  return list
}

/** What a folder lacks of a list. @param {string} folder @param {AssetList} list @returns {string[]} */
export function problemsOf(folder, { files }) {
  return files.flatMap((asset) => problemOf(folder, asset) ?? [])
}

/** @param {string} folder @param {Asset} asset @returns {string | undefined} */
function problemOf(folder, { path, bytes, sha256 }) {
  const file = join(folder, path)
  if (!existsSync(file)) return `${path} is missing`
  const content = readFileSync(file)
  if (content.length !== bytes) return `${path} has ${content.length} bytes, not ${bytes}`
  return createHash('sha256').update(content).digest('hex') === sha256 ? undefined : `${path} is another file`
}

/**
 * Puts it into a folder, in the place of what an earlier version put there; the folder may hold other things.
 * @param {string} folder
 * @param {{ leavesOthers?: boolean }} [options] `leavesOthers`: files of the folder's own that have the names of ours stay, and ours are not put there.
 * @returns {AssetList} What was put there.
 * @throws {Error} When the folder has such files, and nothing was said of them. Nothing is changed then.
 */
export function copyAssets(folder, { leavesOthers = false } = {}) {
  const list = ownList()
  const earlier = listOf(folder)
  const before = new Set(earlier?.files.map(({ path }) => path))
  const others = list.files.filter((asset) => {
    return !before.has(asset.path) && existsSync(join(folder, asset.path)) && problemOf(folder, asset) !== undefined
  })
  const names = others.map(({ path }) => path)
  if (earlier === undefined && existsSync(join(folder, LIST))) names.push(LIST)
  if (names.length > 0 && !leavesOthers) {
    const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
    throw new Error(
      `${folder} has other files where ours would lie: ${shown}. Give a folder of its own, or delete them.`,
    )
  }

  for (const path of before) {
    if (resolve(folder, path).startsWith(resolve(folder) + sep)) rmSync(join(folder, path), { force: true })
  }
  const put = { ...list, files: list.files.filter((asset) => !others.includes(asset)) }
  for (const { path } of put.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(SOURCE, path), join(folder, path))
  }
  writeFileSync(join(folder, LIST), `${JSON.stringify(put, undefined, 2)}\n`)
  return put
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
