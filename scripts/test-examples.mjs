/**
 * Packs the package, installs, builds and asks each of `docs/examples`: `npm run test:examples`, or `-- react next` for some. Needs a registry.
 * What the projects are is copied to a folder outside of the repository, which goes when all is over.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, exit, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { launchChromium } from './launch-chromium.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLES = join(ROOT, 'docs/examples')

/** How long one example may take to answer, milliseconds: many times what it takes. */
const PATIENCE_MS = 300_000

/** What must not compile, checked with the rest of a project: where its types count for nothing, the expected error does not come. @type {Readonly<Record<string, string>>} */
const WRONG = {
  react: `/// <reference types="second-thought/react" />
    // @ts-expect-error: there is no such mode
    export const chat = <reflection-chat mode="loud" />`,
  svelte: `import type { SvelteHTMLElements } from 'svelte/elements'
    // @ts-expect-error: there is no such mode
    export const chat: SvelteHTMLElements['reflection-chat'] = { mode: 'loud' }`,
  vue: `import type { GlobalComponents } from 'vue'
    // @ts-expect-error: there is no such mode
    export const chat: InstanceType<GlobalComponents['reflection-chat']>['$props'] = { mode: 'loud' }`,
}

const shell = platform === 'win32'
const all = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const asked = argv.slice(2)
const unknown = asked.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no example ${unknown.join(', ')}. There are: ${all.join(', ')}`)
  exit(1)
}

const workshop = mkdtempSync(join(tmpdir(), 'examples-'))
/** @type {string[]} */
const failed = []
const browser = await launchChromium({ say: (line) => console.log(line) })
try {
  if (!existsSync(join(ROOT, 'dist/cdn/assets.json'))) execFileSync('npm', ['run', 'build'], { cwd: ROOT, shell })
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', workshop], {
    cwd: ROOT,
    shell,
  })
  const tarball = join(workshop, JSON.parse(packed.toString())[0].filename)
  for (const name of asked.length > 0 ? asked : all) {
    try {
      const answer = await ask(build(name, tarball))
      console.log(`${name}: ${answer}`)
    } catch (error) {
      failed.push(name)
      console.error(`${name} failed: ${error instanceof Error ? error.message : error}`)
    }
  }
} finally {
  await browser.close()
  rmSync(workshop, { recursive: true, force: true })
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`)
  exit(1)
}

/** @param {string} name @param {string} tarball @returns {string} The folder that it would be served from. */
function build(name, tarball) {
  const folder = join(workshop, name)
  cpSync(join(EXAMPLES, name), folder, { recursive: true })
  const file = join(folder, 'package.json')
  if (!existsSync(file)) {
    execFileSync(process.execPath, [join(ROOT, 'bin/second-thought.mjs'), 'assets', join(folder, 'second-thought')])
    return folder
  }
  const project = JSON.parse(readFileSync(file, 'utf8'))
  project.dependencies['second-thought'] = `file:${tarball}`
  writeFileSync(file, JSON.stringify(project))
  const wrong = WRONG[name]
  if (wrong !== undefined) writeFileSync(join(folder, name === 'react' ? 'wrong.tsx' : 'wrong.ts'), wrong)
  run(folder, ['install', '--no-audit', '--no-fund'])
  run(folder, ['run', 'build'])
  return join(folder, existsSync(join(folder, 'out')) ? 'out' : 'dist')
}

/** @param {string} cwd @param {string[]} parameters */
function run(cwd, parameters) {
  const { status, stdout, stderr } = spawnSync('npm', parameters, { cwd, shell, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${parameters.join(' ')}:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`)
}

/** Asks a page that draws its chat itself, with the AI SDK's hook. @param {import('playwright').Page} page @param {string} url */
async function askHook(page, url) {
  await page.goto(url)
  await page.getByRole('textbox').fill('What is 47 * 38?')
  await page.getByRole('textbox').press('Enter')
  const reply = page.locator('article.assistant:not([aria-busy="true"])')
  const text = await reply.locator('p').innerText()
  if (!text.includes('1786')) throw new Error(`Through useChat it answered: ${text}`)
  if ((await reply.locator('em').count()) === 0) throw new Error('Through useChat nothing of its thinking came.')
}

/** Asks the chat of a built page as a visitor would. @param {string} folder @returns {Promise<string>} */
async function ask(folder) {
  const serve = sirv(folder, { dev: true })
  const server = createServer((request, response) => serve(request, response, () => void response.writeHead(404).end()))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const context = await browser.newContext()
  context.setDefaultTimeout(PATIENCE_MS)
  try {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    const inFrame = (await page.locator('iframe').count()) > 0
    const place = inFrame ? page.frameLocator('iframe') : page
    await place.getByRole('textbox').click() // brings it to life; what it is good at comes with the model
    await place.getByRole('button', { name: '47 * 38' }).click()
    const answer = place.locator('article.reply:not([aria-busy="true"]) .answer')
    await answer.waitFor()
    const text = await answer.innerText()
    if (!text.includes('1786')) throw new Error(`It answered: ${text}`)
    if (existsSync(join(folder, 'use-chat.html'))) await askHook(page, `http://127.0.0.1:${port}/use-chat.html`)
    return text.trim()
  } finally {
    await context.close()
    server.closeAllConnections()
    server.close()
  }
}
