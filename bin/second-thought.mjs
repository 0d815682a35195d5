#!/usr/bin/env node
/** The command of the package: puts what a site has to serve where it serves it, and checks that it is whole. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const SOURCE = fileURLToPath(new URL('../dist/cdn', import.meta.url))

const HELP = `npx second-thought assets <folder>           copies the worker and the embedded model into a folder that your site serves
npx second-thought assets <folder> --check   says whether they are there, whole and of this version; changes nothing
npx second-thought assets <folder> --origin https://shop.example   lets pages of that site show embed.html in a frame; may be given several times

A site that serves the folder "public" at its root: npx second-thought assets public/second-thought
Run it again after each update of the package, for example as "prebuild" in package.json.`

/** Every file of a build, with its size and SHA-256. @typedef {{ version: string, files: { path: string, bytes: number, sha256: string }[] }} AssetList */

/** @param {string} folder @returns {AssetList | undefined} Undefined where there is none, or none that can be read. */
function listOf(folder) {
  try {
    const list = JSON.parse(readFileSync(join(folder, 'assets.json'), 'utf8'))
    return list.package === 'second-thought' && Array.isArray(list.files) ? list : undefined
  } catch {
    return undefined
  }
}

/** What a folder lacks of a list. @param {string} folder @param {AssetList} list @returns {string[]} */
function problemsOf(folder, { files }) {
  return files.flatMap(({ path, bytes, sha256 }) => {
    const file = join(folder, path)
    if (!existsSync(file)) return [`${path} is missing`]
    const content = readFileSync(file)
    if (content.length !== bytes) return [`${path} has ${content.length} bytes, not ${bytes}`]
    return createHash('sha256').update(content).digest('hex') === sha256 ? [] : [`${path} is another file`]
  })
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message)
  exit(1)
}

/** @param {string} folder @param {AssetList} list */
function check(folder, list) {
  const there = listOf(folder)
  if (there === undefined) fail(`${folder} holds nothing of Second Thought. Run: npx second-thought assets ${folder}`)
  const problems = there.version === list.version ? problemsOf(folder, list) : [`it is of version ${there.version}`]
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join('\n')
    fail(`${folder} is not what version ${list.version} needs:\n${lines}\nRun: npx second-thought assets ${folder}`)
  }
  console.log(`${folder} is whole: version ${list.version}, ${list.files.length} files.`)
}

/** @param {string} folder @param {AssetList} list */
function copy(folder, list) {
  // Only what an earlier version put there goes: the folder may hold other things.
  for (const { path } of listOf(folder)?.files ?? []) {
    if (resolve(folder, path).startsWith(resolve(folder))) rmSync(join(folder, path), { force: true })
  }
  for (const { path } of [...list.files, { path: 'assets.json' }]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(SOURCE, path), join(folder, path))
  }
  const megabytes = list.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  console.log(`${list.files.length} files of version ${list.version}, ${megabytes.toFixed(1)} MB, are in ${folder}.`)
}

/** Says which other sites may show the chat in a frame; without any, what the folder says stays. @param {string} folder @param {string[]} named */
function allow(folder, named) {
  if (named.length === 0) return
  const origins = named.map((text) => {
    const origin = URL.canParse(text) ? new URL(text).origin : 'null'
    return origin === 'null' ? fail(`${text} is no origin. One looks like https://shop.example`) : origin
  })
  writeFileSync(join(folder, 'embed.json'), `${JSON.stringify({ origins }, undefined, 2)}\n`)
  console.log(`Pages of ${origins.join(', ')} may show ${folder}/embed.html in a frame.`)
}

function readArguments() {
  try {
    return parseArgs({
      args: argv.slice(2),
      allowPositionals: true,
      options: {
        origin: { type: 'string', multiple: true, default: [] },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${HELP}`)
  }
}

const { values, positionals } = readArguments()
const [command, folder, ...more] = positionals
if (values.help) console.log(HELP)
else if (command !== 'assets' || folder === undefined || more.length > 0) fail(HELP)
else {
  const list = listOf(SOURCE) ?? fail(`The package is not whole: ${SOURCE} has no assets.json. Install it again.`)
  if (values.check) check(folder, list)
  else {
    copy(folder, list)
    allow(folder, values.origin)
  }
}
