import { expect, test } from 'vitest'
import { describeRemoteModel } from '../../../src/adapters/remote/describe-remote-model.ts'
import { createRoutedEngine } from '../../../src/app/routed-engine.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'

const REMOTE_MODEL = describeRemoteModel({ address: 'http://127.0.0.1:9/v1', model: 'Reflection-70B' })
const QUESTION = { messages: [{ role: 'user', content: 'Hi' } as const] }

function open() {
  const local = createScriptedEngine({ replies: ['here'], stored: new Map([[SCRIPTED_MODEL.id, 7]]) })
  const remote = createScriptedEngine({ replies: ['there'] })
  let opened = 0
  const engine = createRoutedEngine(local, async () => {
    opened += 1
    return remote
  })
  return { local, remote, engine, opened: () => opened }
}

test('the model that was loaded last writes, and the other engine gives up its own', async () => {
  const { local, remote, engine, opened } = open()
  const states: string[] = []
  engine.subscribe(({ status }) => states.push(status))
  await engine.load(SCRIPTED_MODEL)
  await engine.generate(QUESTION, () => undefined)
  expect([local.requests.length, remote.requests.length, opened()]).toEqual([1, 0, 0])

  await engine.load(REMOTE_MODEL)
  expect([local.state.status, remote.state.status]).toEqual(['idle', 'ready'])
  expect(engine.state).toEqual(remote.state)
  await engine.generate(QUESTION, () => undefined)
  await engine.prepare(QUESTION)
  expect([local.requests.length, remote.requests.length]).toEqual([1, 1])
  expect([local.prepared.length, remote.prepared.length]).toEqual([0, 1])

  const told = states.length
  await engine.load(SCRIPTED_MODEL)
  expect([local.state.status, remote.state.status]).toEqual(['ready', 'idle'])
  expect(states.slice(told).at(-1)).toBe('ready')
  expect(opened()).toBe(1)
})

test('files belong to this device', async () => {
  const { engine, opened } = open()
  expect(await engine.storedBytes(REMOTE_MODEL)).toBe(0)
  expect(await engine.storedBytes(SCRIPTED_MODEL)).toBe(7)
  await engine.deleteStored(REMOTE_MODEL)
  expect(await engine.storedBytes(SCRIPTED_MODEL)).toBe(7)
  expect((await engine.capabilities()).webgpu).toBe('available')
  expect(opened()).toBe(0)
})

test('an engine for servers that could not be fetched is asked for again, and the model of this device stays', async () => {
  const { local } = open()
  let tries = 0
  const engine = createRoutedEngine(local, async () => {
    tries += 1
    throw new TypeError('no network')
  })
  await engine.load(SCRIPTED_MODEL)
  await expect(engine.load(REMOTE_MODEL)).rejects.toThrow('no network')
  await expect(engine.load(REMOTE_MODEL)).rejects.toThrow('no network')
  expect(tries).toBe(2)
  expect(engine.state.status).toBe('ready')
})
