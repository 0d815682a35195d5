#!/usr/bin/env node
/** The command of the package: puts what a site has to serve where it serves it, and checks that it is whole. */
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { allowOrigins, copyAssets, listOf, ownList, problemsOf } from './served-assets.mjs'

const HELP = `npx second-thought assets <folder>           copies the worker and the embedded model into a folder that your site serves
npx second-thought assets <folder> --check   says whether they are there, whole and of this version; changes nothing
npx second-thought assets <folder> --origin https://shop.example   lets pages of that site show embed.html in a frame; may be given several times

A site that serves the folder "public" at its root: npx second-thought assets public/second-thought
Run it again after each update of the package, for example as "prebuild" in package.json. It writes over no file that it did not put there.`

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message)
  exit(1)
}

/** @param {string} folder */
function check(folder) {
  const list = ownList()
  const there = listOf(folder)
  if (there === undefined) fail(`${folder} holds nothing of Second Thought. Run: npx second-thought assets ${folder}`)
  const problems = there.version === list.version ? problemsOf(folder, list) : [`it is of version ${there.version}`]
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join('\n')
    fail(`${folder} is not what version ${list.version} needs:\n${lines}\nRun: npx second-thought assets ${folder}`)
  }
  console.log(`${folder} is whole: version ${list.version}, ${list.files.length} files.`)
}

/** @param {string} folder @param {string[]} origins Which other sites may show the chat in a frame; without any, what the folder says stays. */
function copy(folder, origins) {
  const { version, files } = copyAssets(folder)
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  console.log(`${files.length} files of version ${version}, ${megabytes.toFixed(1)} MB, are in ${folder}.`)
  if (origins.length === 0) return
  console.log(`Pages of ${allowOrigins(folder, origins).join(', ')} may show ${folder}/embed.html in a frame.`)
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
  try {
    if (values.check) check(folder)
    else copy(folder, values.origin)
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}
