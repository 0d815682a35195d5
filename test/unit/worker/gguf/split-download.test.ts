import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { findGguf } from '../../../../src/core/models/gguf/find-gguf.ts'
import { withFilesFor } from '../../../../src/core/models/engine-files.ts'
import { EMBEDDED_FOLDER } from '../../../embedded-folder.ts'
import { makeFiles } from '../../../../worker/gguf/make-files.ts'
import { downloadModel } from '../../../../worker/weights/download-model.ts'
import { createWeightStore } from '../../../../worker/weights/weight-store.ts'
import { splitGguf } from '../../core/models/gguf/support/split-gguf.ts'
import { createMemoryPlaces } from '../support/memory-weights.ts'

const FOLDER = new URL(`../../../../public/${EMBEDDED_FOLDER}`, import.meta.url)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const LAST = 'tiny-00003-of-00003.gguf'
const NAMES = ['tiny-00001-of-00003.gguf', 'tiny-00002-of-00003.gguf', LAST]

/** Serves the embedded model's file in three parts, and its library; the last part breaks off as often as it is told to. */
async function serveParts() {
  const whole = new Uint8Array(readFileSync(new URL('reflection-tiny.gguf', FOLDER)))
  const files = new Map(splitGguf(whole, NAMES.length).map((content, index) => [NAMES[index] ?? '', content]))
  const requests: string[] = []
  const faults = { breaks: 0, hasStored: async () => false }
  const server = createServer(async (request, response) => {
    const name = request.url?.slice(1) ?? ''
    const content = files.get(name)
    if (content === undefined) return void response.writeHead(404).end()
    const { range } = request.headers
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
    requests.push(`${name} ${range ?? 'whole'}`)
    const first = Number(from)
    const end = to === '' ? content.length : Math.min(content.length, Number(to) + 1)
    response.writeHead(range === undefined ? 200 : 206, {
      'content-length': end - first,
      etag: `"${sha256(content).slice(0, 8)}"`,
      ...(range !== undefined && { 'content-range': `bytes ${first}-${end - 1}/${content.length}` }),
    })
    if (name !== LAST || to !== '' || faults.breaks === 0) return void response.end(content.subarray(first, end))
    faults.breaks -= 1
    response.write(content.subarray(first, content.length - 1000))
    while (!(await faults.hasStored())) await new Promise((resolve) => setTimeout(resolve, 2))
    response.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { site, files, requests, faults }
}

test('a model in parts whose connection breaks goes on where it was, also in another visit, and becomes the shard of the folder', async () => {
  const { site, files, requests, faults } = await serveParts()
  const model = await findGguf(site + NAMES[1], site, {})
  expect(model.files?.map(({ path, bytes }) => [new URL(path, model.folderUrl).href, bytes])).toEqual(
    [...files].map(([name, { length }]) => [site + name, length]),
  )
  const { records, store, older } = createMemoryPlaces()
  const onProcessor = withFilesFor(model, 'processor')
  const haveOfLast = async () => (await store.files()).get(site + LAST)?.have ?? 0
  Object.assign(faults, { breaks: 1, hasStored: async () => (await haveOfLast()) > 0 })
  const patience = { stallMs: 60_000, tries: 1, waitMs: 1, longestWaitMs: 1 }
  const options = { onProgress: () => undefined, patience }
  await expect(downloadModel(onProcessor, { store, older }, options)).rejects.toMatchObject({ code: 'download-failed' })
  const stored = await store.files()
  expect(NAMES.map((name) => stored.get(site + name)?.isComplete)).toEqual([true, true, false])

  const have = await haveOfLast()
  requests.length = 0
  const later = createWeightStore(records) // as the next visit opens it
  const fetched = await downloadModel(onProcessor, { store: later, older }, options)
  expect(requests).toEqual([`${LAST} bytes=${have}-`])
  expect(fetched).toBe((files.get(LAST)?.length ?? 0) - have)
  for (const [name, content] of files) {
    expect(sha256(new Uint8Array((await later.read(site + name)) ?? new ArrayBuffer()))).toBe(sha256(content))
  }
  expect(await downloadModel(onProcessor, { store: later, older }, options)).toBe(0)

  const made = [...((await makeFiles(model, 'gpu', later)) ?? [])]
  const shards = made.filter(([address]) => address.includes('params_shard'))
  expect(shards).toHaveLength(1)
  const shard = new Uint8Array((await shards[0]?.[1]()) ?? new ArrayBuffer())
  expect(sha256(shard)).toBe(sha256(readFileSync(new URL('params_shard_0.bin', FOLDER))))
})
