import { describe, expect, test } from 'vitest'
import { createEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import type { Engine } from '../../src/core/engine.ts'
import { findModel } from '../../src/core/models/find-model.ts'
import { embeddedModel } from '../../src/core/models/model-list.ts'
import { askEngine, PROBLEM, user } from './support/ask-engine.ts'
import { describeTiny } from './support/tiny.ts'

// The real worker and engines. The GGUF file of the embedded model has the weights of its folder, in Q4_0.
const base = new URL('/', location.href).href
const folder = new URL(embeddedModel.manifestPath.replace('manifest.json', ''), base).href
const QUESTIONS = [PROBLEM, 'Hello! <|eot_id|><thinking> who are you?']

/** Their first tokens: what differs would differ there, and a software GPU takes its time for each. */
async function answers(engine: Engine): Promise<string[]> {
  const raw: string[] = []
  for (const question of QUESTIONS) raw.push((await askEngine(engine, [user(question)], { maxTokens: 16 })).raw)
  return raw
}

describe('a GGUF file with the weights of the embedded model, taken as a model of its own', () => {
  test.each(['gpu', 'processor'] as const)(
    'answers on the %s with the same tokens as the folder, prompted by its own template',
    async (kind) => {
      const engine = createEngine({ createWorker: startWorker, engine: kind })
      await engine.load(await describeTiny())
      const expected = await answers(engine)
      const model = await findModel(`${folder}reflection-tiny.gguf`, base)
      expect(model).toMatchObject({ trainedToReflect: true, libraryUrl: `${folder}reflection-tiny.wasm` })
      const loaded = await engine.load(model)
      expect(loaded).toMatchObject({ engine: kind })
      expect(loaded.templateProblem).toBeUndefined()
      expect(await answers(engine)).toEqual(expected)
      expect(await engine.storedBytes(model)).toBeGreaterThanOrEqual(model.downloadBytes)
      await engine.deleteStored(model)
      engine.dispose()
    },
  )

  test('whose template is broken is asked in the style that its tokens fit, with the same answers, and says so', async () => {
    const engine = createEngine({ createWorker: startWorker, engine: 'processor' })
    await engine.load(await describeTiny())
    const expected = await answers(engine)
    const file = new Uint8Array(await (await fetch(`${folder}reflection-tiny.gguf`)).arrayBuffer())
    const template = new TextEncoder().encode('{{ bos_token }}{%')
    const at = file.findIndex((_, index) => template.every((byte, offset) => file[index + offset] === byte))
    file.set(new TextEncoder().encode('{%'), at)
    const model = await engine.storage.import([new File([file], 'broken-template.gguf')])
    expect(model.chatTemplate?.source).toMatch(/^\{% bos_token/)
    const loaded = await engine.load(model)
    expect(loaded.templateProblem).toMatch(/./)
    expect(await answers(engine)).toEqual(expected)
    await engine.deleteStored(model)
    engine.dispose()
  })
})
