import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { embeddedModel } from '../../../src/core/models/model-list.ts'
import { shareEngine, type EngineWish } from '../../../src/widget/shared-engine.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.runAllTimers() // engines that nobody has any more end
  vi.useRealTimers()
})

/** What a chat of such a wish gets, for a moment. */
function got(wish: Partial<EngineWish>) {
  const shared = shareEngine({ engine: undefined, model: undefined, assets: undefined, ...wish })
  shared.release()
  return shared
}

test('chats that want the same model have one engine, whether they name it or describe it', () => {
  expect(got({}).engine).toBe(got({ model: embeddedModel.id }).engine)
  expect(got({}).engine).not.toBe(got({ model: 'other' }).engine)
  expect(got({ model: SCRIPTED_MODEL }).engine).toBe(got({ model: { ...SCRIPTED_MODEL } }).engine)
  expect(got({}).engine).not.toBe(got({ assets: '/elsewhere/' }).engine)
})

test('the engine of a page is kept apart, with one loader for each model', () => {
  const engine = createScriptedEngine({ replies: [] })
  expect(got({ engine }).engine).toBe(engine)
  expect(got({ engine }).loader).toBe(got({ engine }).loader)
  expect(got({ engine }).loader).not.toBe(got({ engine, model: SCRIPTED_MODEL }).loader)
})
