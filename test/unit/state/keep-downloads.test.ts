import { expect, test } from 'vitest'
import { keepDownloads } from '../../../src/state/keep-downloads.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'

/** Loads a model twice. @returns How often it was asked to keep what is stored, before and after. */
async function askedFor(totalBytes: number): Promise<[before: number, after: number]> {
  const progress = { phase: 'download', share: 0.1, bytes: 1, totalBytes } as const
  const loader = createModelLoader(createScriptedEngine({ replies: [], loading: [progress, progress] }))
  let count = 0
  keepDownloads(loader, async () => void (count += 1))
  const before = count
  await loader.load(SCRIPTED_MODEL)
  await loader.load(SCRIPTED_MODEL)
  return [before, count]
}

test('the browser is asked once to keep what is stored, when a large download begins', async () => {
  expect(await askedFor(51e6)).toEqual([0, 1])
})

test('it is not asked for a small one', async () => {
  expect(await askedFor(50e6)).toEqual([0, 0])
})
