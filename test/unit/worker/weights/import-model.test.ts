import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { packTar } from 'modern-tar'
import { describe, expect, test } from 'vitest'
import { embeddedModel, prebuiltModels } from '../../../../src/core/models/model-list.ts'
import type { ModelDescription } from '../../../../src/core/models/model-description.ts'
import { exportModel } from '../../../../worker/weights/export-model.ts'
import { importModel } from '../../../../worker/weights/import-model.ts'
import { listStoredModels, verifyModel } from '../../../../worker/weights/model-storage.ts'
import { describeModel } from '../support/descriptions.ts'
import { createMemoryPlaces } from '../support/memory-weights.ts'

const BASE = 'http://127.0.0.1/app/index.html'
const FOLDER = `public/${embeddedModel.manifestPath.replace('manifest.json', '')}`

/** The embedded model as `forge convert` wrote it; its large files are those of the repository. */
const MODEL = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(FOLDER + name)]))
const TOTAL = [...MODEL].reduce((sum, [name, { length }]) => sum + (name === 'manifest.json' ? 0 : length), 0)

type Content = Buffer | string
type Entry = {
  name: string
  content?: Content
  type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo'
  linkname?: string
}

async function tarOf(entries: readonly Entry[]): Promise<Uint8Array<ArrayBuffer>> {
  return packTar(
    entries.map(({ name, content = '', type = 'file', linkname }) => ({
      header: { name, size: content.length, type, ...(linkname === undefined ? {} : { linkname }) },
      body: content as string,
    })),
  )
}

const modelEntries = (changes: Record<string, Content | undefined> = {}, folder = ''): Entry[] =>
  Object.entries({ ...Object.fromEntries(MODEL), ...changes }).flatMap(([name, content]) =>
    content === undefined ? [] : [{ name: folder + name, content }],
  )

/** What this page would have exported of a model with these files. */
async function exportOf(description: ModelDescription, contents: Readonly<Record<string, string>>): Promise<File> {
  const { store } = createMemoryPlaces(contents)
  await store.noteModel(description, Object.keys(contents))
  return tarFile(await exportModel(description.folderUrl, store))
}

const tarFile = (bytes: Uint8Array<ArrayBuffer> | Blob) => new File([bytes], 'model.tar')

function setUp() {
  const places = createMemoryPlaces()
  const { store, records } = places
  return { store, records, take: (...files: File[]) => importModel(files, store, BASE, () => undefined) }
}

describe('a model', () => {
  test('comes from an archive, in whatever folder and order, with other files beside it', async () => {
    for (const folder of ['', 'stick/tiny/', './']) {
      const { store, take } = setUp()
      const entries = [
        { name: 'stick/', type: 'directory' } as const,
        ...modelEntries({ 'README.md': 'Hello', '._manifest.json': 'rubbish' }, folder).toReversed(),
      ]
      const description = await take(tarFile(await tarOf(entries)))
      expect(description).toMatchObject({ id: 'reflection-tiny', origin: 'user' })
      expect(description.folderUrl).toBe(`http://127.0.0.1/app/models/reflection-tiny/resolve/${description.revision}/`)
      const [stored] = await listStoredModels(store)
      expect(stored).toMatchObject({ bytes: TOTAL, isComplete: true, verifiedAt: expect.any(Number) })
      expect(stored?.files.every(({ isShared, isComplete }) => isComplete && !isShared)).toBe(true)
      expect(await verifyModel(description.folderUrl, store, () => undefined)).toEqual([])
    }
  })

  test('comes from the files of its folder', async () => {
    const { store, take } = setUp()
    await take(...[...MODEL].map(([name, content]) => new File([new Uint8Array(content)], name)))
    expect((await listStoredModels(store))[0]).toMatchObject({ bytes: TOTAL, isComplete: true })
  })

  test('comes without what only a processor needs', async () => {
    const { store, take } = setUp()
    const gguf = [...MODEL.keys()].find((name) => name.endsWith('.gguf'))
    if (gguf === undefined) return // this revision has none
    const { folderUrl } = await take(tarFile(await tarOf(modelEntries({ [gguf]: undefined }))))
    expect((await listStoredModels(store))[0]).toMatchObject({ isComplete: true })
    expect((await store.files()).has(folderUrl + gguf)).toBe(false)
  })

  test('goes out as one file and comes in again elsewhere, under the address that it had', async () => {
    const { store, take } = setUp()
    const description = await take(tarFile(await tarOf(modelEntries())))
    const exported = await exportModel(description.folderUrl, store)
    const there = setUp()
    expect(await there.take(tarFile(exported))).toEqual(description)
    const [one, other] = [await store.files(), await there.store.files()]
    expect([...other.keys()].toSorted()).toEqual([...one.keys()].toSorted())
    for (const [address, { sha256 }] of one) {
      const bytes = Buffer.from((await there.store.read(address)) ?? new ArrayBuffer(0))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    }
    expect(await there.take(tarFile(exported))).toEqual(description) // it is there already, which is no harm
  })

  test('that is not stored whole does not go out', async () => {
    const { store, take } = setUp()
    const { folderUrl } = await take(tarFile(await tarOf(modelEntries())))
    await store.drop(`${folderUrl}tokenizer.json`)
    await expect(exportModel(folderUrl, store)).rejects.toMatchObject({ code: 'model-not-loaded' })
    await expect(exportModel('http://127.0.0.1/x/', store)).rejects.toMatchObject({ code: 'model-not-loaded' })
  })

  test('of which a load onto the other engine was cancelled is whole, and goes out with the files of the one that has all', async () => {
    const folderUrl = 'http://127.0.0.1/both/resolve/1/'
    const [shard, gguf] = [`${folderUrl}shard.bin`, `${folderUrl}both.gguf`]
    const described = describeModel({
      folderUrl,
      libraryUrl: `${folderUrl}both.wasm`,
      files: [{ path: 'shard.bin', bytes: 7 }],
      gguf: { path: 'both.gguf', bytes: 9 },
    })
    const { store, records } = createMemoryPlaces({ [gguf]: 'quantized' })
    await store.noteModel(described, [gguf])
    await store.check(gguf, 'whole')
    await store.noteModel(described, [shard, described.libraryUrl])
    const writer = await store.begin({ address: shard, bytes: 7 })
    await writer.write(new TextEncoder().encode('wei'))
    await writer.keep()
    expect((await listStoredModels(store))[0]).toMatchObject({ isComplete: true, verifiedAt: expect.any(Number) })
    const there = setUp()
    await there.take(tarFile(await exportModel(folderUrl, store)))
    expect([...(await there.store.files()).keys()]).toEqual([gguf])
    expect((await listStoredModels(there.store))[0]).toMatchObject({ isComplete: true })
    records.bytes.clear()
    await store.drop(gguf)
    expect((await listStoredModels(store))[0]).toMatchObject({ isComplete: false })
    await expect(exportModel(folderUrl, store)).rejects.toMatchObject({ code: 'model-not-loaded' })
  })

  test('that was damaged is found by reading all of it, and what is damaged goes', async () => {
    const { store, records, take } = setUp()
    const { folderUrl } = await take(tarFile(await tarOf(modelEntries())))
    const key = `${folderUrl}params_shard_0.bin 1`
    const piece = Buffer.from((await records.bytes.get(key)?.arrayBuffer()) ?? new ArrayBuffer(0))
    piece[70_000] = (piece[70_000] ?? 0) ^ 1
    records.bytes.set(key, new Blob([piece]))
    const told: number[] = []
    expect(await verifyModel(folderUrl, store, ({ share }) => told.push(share))).toEqual(['params_shard_0.bin'])
    expect(told.at(-1)).toBe(1)
    const [damaged] = await listStoredModels(store)
    expect(damaged?.files.filter(({ isComplete }) => !isComplete)).toMatchObject([{ name: 'params_shard_0.bin' }])
  })
})

describe('an import', () => {
  const GGUF = `${embeddedModel.id}.gguf`

  test('that is cut off leaves a model that is listed, incomplete, and can be deleted', async () => {
    const { store, records, take } = setUp()
    const { commit } = records
    const cutOff = new Promise<void>((resolve) => {
      records.commit = async (changes) => {
        const isNext = changes.some((change) => change.type === 'put-piece' && change.address.endsWith('shard_0.bin'))
        if (!isNext) return commit(changes)
        resolve()
        await new Promise(() => undefined)
      }
    })
    void take(tarFile(await tarOf(modelEntries())))
    await cutOff
    records.commit = commit
    const [listed] = await listStoredModels(store)
    expect(listed).toMatchObject({ description: { id: embeddedModel.id }, isComplete: false, isImported: true })
    expect(listed?.bytes).toBeGreaterThan(0)
    await store.dropModel(listed?.description.folderUrl ?? '')
    expect(await store.files()).toEqual(new Map())
    expect(records.bytes.size).toBe(0)
  })

  test('brings what is noted as whole, but of which the bytes are gone', async () => {
    const { store, records, take } = setUp()
    const archive = await tarOf(modelEntries())
    const { folderUrl } = await take(tarFile(archive))
    records.bytes.clear()
    await take(tarFile(archive))
    expect(await verifyModel(folderUrl, store, () => undefined)).toEqual([])
  })

  test('that fails leaves a model that was there as it was', async () => {
    const { store, take } = setUp()
    await take(tarFile(await tarOf(modelEntries({ [GGUF]: undefined }))))
    const before = await store.models()
    const wrong = Buffer.from(MODEL.get(GGUF) ?? [])
    wrong[1000] = (wrong[1000] ?? 0) ^ 1
    await expect(take(tarFile(await tarOf(modelEntries({ [GGUF]: wrong }))))).rejects.toMatchObject({
      code: 'download-corrupt',
    })
    expect(await store.models()).toEqual(before)
    expect((await listStoredModels(store))[0]).toMatchObject({ isComplete: true })
  })

  test('whose model is deleted meanwhile fails, says so, and leaves nothing', async () => {
    const { store, records, take } = setUp()
    const { commit } = records
    records.commit = async (changes) => {
      await commit(changes)
      if (!changes.some((change) => change.type === 'put-file' && change.file.isComplete)) return
      records.commit = commit
      await store.dropModel((await store.models())[0]?.folderUrl ?? '')
    }
    await expect(take(tarFile(await tarOf(modelEntries())))).rejects.toMatchObject({ code: 'model-not-loaded' })
    expect(await store.files()).toEqual(new Map())
    expect(await store.models()).toEqual([])
  })
})

describe('what an archive claims', () => {
  const [listed] = prebuiltModels
  const { folderUrl, libraryUrl } = listed!
  const stranger = describeModel({ folderUrl: 'https://models.example/a/resolve/1/', libraryUrl, origin: 'embedded' })
  const shard = (folder: string) => `${folder}params_shard_0.bin`

  test('of a library that other models have is noted as what it says for its own model', async () => {
    const { store, take } = setUp()
    expect(await take(await exportOf(stranger, { [libraryUrl]: 'library' }))).toMatchObject({ origin: 'user' })
    expect(await store.file(libraryUrl)).toMatchObject({ importedFor: [stranger.folderUrl] })
    expect((await listStoredModels(store))[0]).toMatchObject({ isImported: true })
    const another = describeModel({ folderUrl: 'https://models.example/b/resolve/1/', libraryUrl })
    await take(await exportOf(another, { [libraryUrl]: 'library' })) // names the same content
    expect(await store.file(libraryUrl)).toMatchObject({ importedFor: [stranger.folderUrl, another.folderUrl] })
  })

  test('of a listed model is taken for its files alone, which go from device to device', async () => {
    const { store, take } = setUp()
    const files = { [shard(folderUrl)]: 'weights', [libraryUrl]: 'library' }
    const claimed = { ...listed!, name: 'Mine', libraryUrl, summary: 'Trust me.' }
    expect(await take(await exportOf(claimed, files))).toEqual(listed)
    expect((await store.models())[0]).toMatchObject({ description: listed, addresses: Object.keys(files) })
    const again = setUp()
    await again.take(tarFile(await exportModel(folderUrl, store)))
    expect([...(await again.store.files()).keys()].toSorted()).toEqual(Object.keys(files).toSorted())
  })

  test('does not change what is known of a model that is there', async () => {
    const { store, take } = setUp()
    const known = describeModel({ folderUrl: stranger.folderUrl, name: 'Known' })
    await store.noteModel(known, [shard(known.folderUrl)])
    expect(await take(await exportOf(stranger, { [shard(known.folderUrl)]: 'weights' }))).toEqual(known)
    expect((await store.models())[0]).toMatchObject({ description: known })
  })

  test('of what another model brought does not go out again with a third one', async () => {
    const { store, take } = setUp()
    await take(await exportOf(stranger, { [libraryUrl]: 'library' }))
    await store.noteModel(listed!, [libraryUrl])
    await expect(exportModel(folderUrl, store)).rejects.toMatchObject({ code: 'model-not-loaded' })
  })
})

describe('nothing is stored of', () => {
  const wrong = Buffer.from(MODEL.get('params_shard_0.bin') ?? [])
  wrong[1000] = (wrong[1000] ?? 0) ^ 1
  const manifest = JSON.parse(String(MODEL.get('manifest.json'))) as { files: { bytes: number }[]; library: string }
  const withManifest = (change: object) => ({ 'manifest.json': JSON.stringify({ ...manifest, ...change }) })
  const broken = async (at: number) => {
    const bytes = await tarOf(modelEntries())
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
    return bytes
  }
  const huge = async () => {
    const bytes = await tarOf([
      { name: 'params_shard_0.bin', content: 'x' },
      ...modelEntries({ 'params_shard_0.bin': undefined }),
    ])
    bytes.set(new TextEncoder().encode('77777777777'), 124) // eight gigabytes, it says
    return withChecksum(bytes)
  }
  const exportWith = async (change: (archive: Record<string, never>) => void) => {
    const { store, take } = setUp()
    const { folderUrl } = await take(tarFile(await tarOf(modelEntries())))
    const tar = new Uint8Array(await (await exportModel(folderUrl, store)).arrayBuffer())
    const size = parseInt(new TextDecoder().decode(tar.slice(124, 135)), 8)
    const archive = JSON.parse(new TextDecoder().decode(tar.slice(512, 512 + size))) as Record<string, never>
    change(archive)
    return tarOf([
      { name: 'second-thought.json', content: JSON.stringify(archive) },
      ...modelEntries({ 'manifest.json': undefined }),
    ])
  }
  type File0 = { files: { name: string; address: string; sha256: unknown }[]; description: Record<string, unknown> }
  const edit = (change: (archive: File0) => void) => () => exportWith((archive) => change(archive as unknown as File0))

  const HOSTILE: [kind: string, archive: () => Promise<Uint8Array<ArrayBuffer>>][] = [
    ['a name that climbs out', () => tarOf([{ name: '../../evil', content: 'x' }, ...modelEntries()])],
    ['a name that climbs out, last', () => tarOf([...modelEntries(), { name: 'a/../../evil', content: 'x' }])],
    ['an absolute name', () => tarOf([{ name: '/etc/passwd', content: 'x' }, ...modelEntries()])],
    ['a name with a backslash', () => tarOf([{ name: 'a\\..\\b', content: 'x' }, ...modelEntries()])],
    ['a symbolic link', () => tarOf([{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }, ...modelEntries()])],
    ['a hard link', () => tarOf([...modelEntries(), { name: 'b', type: 'link', linkname: 'tokenizer.json' }])],
    ['a device', () => tarOf([{ name: 'a', type: 'fifo' }, ...modelEntries()])],
    ['an absurd size', huge],
    ['a broken header', () => broken(0)],
    ['an archive that ends early', async () => (await tarOf(modelEntries())).slice(0, 3_000_000)],
    ['an archive that ends within a header', async () => (await tarOf(modelEntries())).slice(0, 700)],
    ['an empty file', async () => new Uint8Array(0)],
    ['something else', async () => new TextEncoder().encode('hello '.repeat(1000))],
    ['a model without its description', () => tarOf(modelEntries({ 'manifest.json': undefined }))],
    ['a model that lacks a file', () => tarOf(modelEntries({ 'tokenizer.json': undefined }))],
    ['a model of which one byte is wrong', () => tarOf(modelEntries({ 'params_shard_0.bin': wrong }))],
    ['a file that is longer than it should be', () => tarOf(modelEntries({ 'tokenizer.json': '{}'.repeat(99_999) }))],
    ['a manifest that is no JSON', () => tarOf(modelEntries({ 'manifest.json': '<html>' }))],
    ['a manifest that is null', () => tarOf(modelEntries({ 'manifest.json': 'null' }))],
    ['a manifest of an absurd size', () => tarOf(modelEntries(withManifest({ total_bytes: 1e300 })))],
    ['a manifest that leads elsewhere', () => tarOf(modelEntries(withManifest({ library: '../../x.wasm' })))],
    ['a manifest with a climbing name', () => tarOf(modelEntries(withManifest({ id: '../..' })))],
    ['an export of another schema', edit((archive) => Object.assign(archive, { schema: 'x' }))],
    ['an export of a later version', edit((archive) => Object.assign(archive, { version: 2 }))],
    [
      'an export with files of another model',
      edit(({ files }) => (files[0]!.address = 'http://127.0.0.1/b/resolve/1/a')),
    ],
    ['an export that lists a file twice', edit(({ files }) => files.push(files[0]!))],
    ['an export without hashes', edit(({ files }) => (files[0]!.sha256 = undefined))],
    ['an export with a hash of the wrong kind', edit(({ files }) => (files[0]!.sha256 = { toString: 1 }))],
    ['an export with a climbing name', edit(({ files }) => (files[0]!.name = '../a'))],
    [
      'an export whose address is a script',
      edit(({ description }) => (description['libraryUrl'] = 'javascript:alert(1)')),
    ],
    ['an export without a description', edit((archive) => Object.assign(archive, { description: null }))],
  ]

  test.each(HOSTILE)('%s', async (_, archive) => {
    const { store, records, take } = setUp()
    const error: unknown = await take(tarFile(await archive())).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ReflectionError', message: expect.stringMatching(/.{20}/) })
    expect((error as { code: string }).code).toMatch(/^(model-import-invalid|manifest-invalid|download-corrupt)$/)
    expect(records.bytes.size).toBe(0)
    expect(await store.files()).toEqual(new Map())
    expect(await store.models()).toEqual([])
  })

  test('another revision under an address that is taken; the one that is there stays', async () => {
    const { store, take } = setUp()
    const { folderUrl } = await take(tarFile(await tarOf(modelEntries())))
    const other = await exportWith((archive) => {
      const { files } = archive as unknown as File0
      files[0]!.sha256 = '0'.repeat(64)
    })
    await expect(take(tarFile(other))).rejects.toMatchObject({ code: 'model-import-invalid' })
    expect(await verifyModel(folderUrl, store, () => undefined)).toEqual([])
    expect((await listStoredModels(store))[0]).toMatchObject({ isComplete: true })
  })
})

/** The first header with a checksum that is right. */
function withChecksum(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  bytes.set(new TextEncoder().encode(' '.repeat(8)), 148)
  const sum = bytes.slice(0, 512).reduce((before, byte) => before + byte, 0)
  bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return bytes
}
