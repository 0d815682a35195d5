/**
 * Lets a browser compile every GPU program of the model libraries in a folder that `forge libraries` wrote: `npm run libraries:check -- path/to/folder`, by default
 * public/models/libraries. Says which ones it cannot judge, because its GPU lacks a feature. Ends with status 1 if a program is refused.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { launchChromium } from '../scripts/launch-chromium.mjs'
import { serveSite } from '../scripts/start.mjs'

const DEFAULT = fileURLToPath(new URL('../public/models/libraries', import.meta.url))

/** @typedef {import('../worker/gpu-programs.ts').GpuProgram} GpuProgram */

/** Runs in the page. @param {{ programs: readonly GpuProgram[], features: readonly string[] }} library @returns {Promise<string[]>} What is wrong. */
async function compileInPage({ programs, features }) {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) return ['there is no GPU']
  const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup } =
    adapter.limits
  const device = await adapter.requestDevice({
    requiredFeatures: /** @type {GPUFeatureName[]} */ ([...features]),
    requiredLimits: {
      maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup,
    },
  })
  const problems = []
  for (const { name, code } of programs) {
    const module = device.createShaderModule({ code })
    const { messages } = await module.getCompilationInfo()
    problems.push(...messages.filter(({ type }) => type === 'error').map(({ message }) => `${name}: ${message}`))
    const pipeline = device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: name } })
    await pipeline.catch((error) => problems.push(`${name}: ${error.message}`))
  }
  device.destroy()
  return problems
}

const { module: reader } = await runnerImport(fileURLToPath(new URL('../worker/gpu-programs.ts', import.meta.url)))
/** @type {(library: ArrayBuffer) => GpuProgram[]} */
const programsOf = reader.gpuPrograms

const folder = argv[2] ?? DEFAULT
/** @type {{ libraries: readonly { file: string, requiredFeatures: readonly string[] }[] }} */
const { libraries } = JSON.parse(readFileSync(join(folder, 'libraries.json'), 'utf8'))
const site = await serveSite({ port: 0 }) // WebGPU wants a page of somewhere
const browser = await launchChromium()
const page = await browser.newPage()
page.setDefaultTimeout(0)
await page.goto(`${site.url}headless.html`)
const has = await page.evaluate(async () => {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' })
  return [...(adapter?.features ?? [])]
})
let isWrong = false
for (const { file, requiredFeatures } of libraries) {
  const missing = requiredFeatures.filter((feature) => !has.includes(feature))
  const bytes = readFileSync(join(folder, file))
  const programs = programsOf(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const problems =
    missing.length > 0 ? [] : await page.evaluate(compileInPage, { programs, features: requiredFeatures })
  isWrong ||= problems.length > 0 || programs.length === 0
  const found = missing.length > 0 ? `not judged: this GPU lacks ${missing.join(', ')}` : 'compiled'
  stdout.write(`${file}: ${programs.length} programs, ${problems.length === 0 ? found : problems.join('; ')}\n`)
}
await browser.close()
await site.close()
exit(isWrong ? 1 : 0)
