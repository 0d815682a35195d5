import { expect, test } from 'vitest'
import { copyModel, hasModel } from '../../../src/embed/site-models.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { RecordChange } from '../../../src/protocol/weight-records.ts'
import { createWeightStore } from '../../../worker/weights/weight-store.ts'
import { describeModel } from '../worker/support/descriptions.ts'
import { createMemoryRecords, textOf } from '../worker/support/memory-weights.ts'

const FOLDER = 'http://chat.example/models/small/resolve/1/'
const [SHARD, TOKENS] = [`${FOLDER}shard.bin`, `${FOLDER}tokenizer.json`]
const model = {
  folderUrl: FOLDER,
  description: describeModel({ folderUrl: FOLDER }),
  addresses: [SHARD, TOKENS, `${FOLDER}never-came.bin`],
  usedAt: 7,
}
const ignore = () => undefined

/** What a site keeps: two whole files of a model, of three. */
async function siteRecords() {
  const records = createMemoryRecords({ [SHARD]: 'weights', [TOKENS]: '{}', 'http://chat.example/other.bin': 'x' })
  await records.commit([{ type: 'put-model', model }])
  return records
}

test('copies the whole files of a model that are not here, and nothing else', async () => {
  const [site, here] = [await siteRecords(), createMemoryRecords({ [TOKENS]: '{}' })]
  const shares: number[] = []
  expect(await copyModel(FOLDER, site, here, (share) => shares.push(share))).toBe(true)
  expect(shares).toEqual([1])
  expect((await here.files()).map(({ address }) => address).toSorted()).toEqual([SHARD, TOKENS].toSorted())
  expect(await textOf(createWeightStore(here), SHARD)).toBe('weights')
  expect(await here.models()).toEqual([{ ...model, addresses: [SHARD, TOKENS], usedAt: undefined }])
  expect(await hasModel(here, model.description.id)).toBe(true)
  expect(await hasModel(here, `${FOLDER}manifest.json`)).toBe(true)
  expect(await hasModel(here, 'another')).toBe(false)
})

test('what was copied is checked whole before an engine uses it', async () => {
  const [site, here] = [await siteRecords(), createMemoryRecords()]
  await copyModel(FOLDER, site, here, ignore)
  const store = createWeightStore(here)
  expect(await store.check(SHARD, 'quick')).toBe(true)
  const damaged = createMemoryRecords()
  await copyModel(FOLDER, site, damaged, ignore)
  damaged.bytes.set(`${SHARD} 0`, new Blob(['weighty']))
  expect(await createWeightStore(damaged).check(SHARD, 'quick')).toBe(false)
})

test('a copy that is broken off leaves no file that counts, and the next one goes through', async () => {
  const [site, here] = [await siteRecords(), createMemoryRecords()]
  const full = new ReflectionError('storage-full', 'There is no room.')
  const { commit } = here
  let pieces = 0
  here.commit = async (changes: readonly RecordChange[]) => {
    pieces += changes.filter(({ type }) => type === 'put-piece').length
    if (pieces === 2) throw full
    await commit(changes)
  }
  await expect(copyModel(FOLDER, site, here, ignore)).rejects.toBe(full)
  expect((await here.files()).filter(({ isComplete }) => isComplete)).toHaveLength(1)
  expect(await here.models()).toMatchObject([{ folderUrl: FOLDER, addresses: [SHARD, TOKENS] }]) // so it can be deleted
  expect(await hasModel(here, model.description.id)).toBe(false)
  here.commit = commit
  expect(await copyModel(FOLDER, site, here, ignore)).toBe(true)
  expect(await textOf(createWeightStore(here), SHARD)).toBe('weights')
  expect(await textOf(createWeightStore(here), TOKENS)).toBe('{}')
})

test('a model of which nothing is whole is none, also when its files go meanwhile', async () => {
  const here = createMemoryRecords()
  expect(await copyModel(`${FOLDER}2/`, await siteRecords(), here, ignore)).toBe(false)
  const going = await siteRecords()
  going.bytes.clear()
  expect(await copyModel(FOLDER, going, here, ignore)).toBe(false)
  expect(await here.models()).toEqual([])
})
