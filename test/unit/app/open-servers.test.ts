import { atom } from 'nanostores'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openServers } from '../../../src/app/open-servers.ts'
import type { ReflectionError } from '../../../src/core/errors.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../../src/state/preferences.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'
import { chunk, models, sendChunks, sendJson, startServer } from '../adapters/support/replaying-server.ts'

async function open(addedModels: readonly string[] = []) {
  const preferences = atom<Preferences>({ ...DEFAULT_PREFERENCES, addedModels })
  const opened = openServers(
    createScriptedEngine({ replies: [] }),
    () => preferences,
    () => undefined,
  )
  return { ...opened, preferences, servers: await opened.servers() }
}
const { signal } = new AbortController()

/** A server that wants a key. */
const start = (deltas: readonly object[]) =>
  startServer(({ method, headers }, response) => {
    if (headers.authorization !== 'Bearer right') return sendJson(response, { error: { message: 'who?' } }, 401)
    if (method === 'GET') return sendJson(response, models('vllm'))
    return sendChunks(response, [...deltas, chunk({}, 'stop')])
  })

test('a server is tested with a real request, and named with the tags in which its model thinks', async () => {
  const { servers } = await open()
  const server = await start([chunk({ content: '<think>' }), chunk({ content: 'hm</think>Hello' })])
  expect(await servers.list(server.address, { key: 'right', signal })).toEqual(['Reflection-70B'])
  const { name, model } = await servers.test(
    { address: server.address, model: 'Reflection-70B' },
    { key: 'right', signal },
  )
  expect(name).toBe(`server:think:${server.address}#Reflection-70B`)
  expect(model.dialect).toEqual({ thinking: 'think' })
  expect(server.requests.at(-1)?.body).toMatchObject({ max_tokens: 16, stream: true })
})

test('a wrong key, a page that is no such server, and one that writes nothing are told', async () => {
  const { servers } = await open()
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      ({ code, details }: ReflectionError) => ({ code, ...details }),
    )
  const server = await start([])
  const wanted = { address: server.address, model: 'Reflection-70B' }
  expect(await failure(servers.test(wanted, { key: 'wrong', signal }))).toMatchObject({
    code: 'server-refused',
    status: 401,
    said: 'who?',
  })
  expect(await failure(servers.test(wanted, { key: 'right', signal }))).toMatchObject({ code: 'stream-broken' })
  const page = await startServer((_, response) => void response.end('<!doctype html>'))
  expect(await failure(servers.list(page.address, { key: '', signal }))).toMatchObject({ why: 'protocol' })
})

test('a link cannot name a server; what the user has added is found, and other names go on', async () => {
  const name = 'server:http://127.0.0.1:9/v1#Reflection-70B'
  const find = async (added: readonly string[], wanted: string) =>
    (await open(added)).resolve(async () => SCRIPTED_MODEL)(wanted)
  await expect(find([], name)).rejects.toMatchObject({ code: 'request-invalid' })
  expect(await find([name], name)).toMatchObject({ server: { model: 'Reflection-70B' }, dialect: { output: 'output' } })
  expect(await find([], 'anything else')).toBe(SCRIPTED_MODEL)
})

test('a key lives as long as its server is in the list; it is kept only where that was asked for and is possible', async () => {
  const address = 'http://127.0.0.1:9/v1'
  const { servers, preferences } = await open([`server:${address}#one`])
  expect(servers.setKey(address, 'secret', false)).toBe(true)
  expect(servers.keyState(address)).toBe('memory')
  expect(servers.setKey(address, 'secret', true)).toBe(false) // there is no storage here
  expect(servers.keyState(address)).toBe('memory')
  preferences.set({ ...preferences.get(), addedModels: [`server:${address}#two`, 'reflection-tiny'] })
  expect(servers.keyState(address)).toBe('memory')
  preferences.set({ ...preferences.get(), addedModels: ['reflection-tiny'] })
  expect(servers.keyState(address)).toBe('none')
})

test('a list that could not be read, and is empty for that, costs no key that is kept', async () => {
  const [address, other] = ['http://127.0.0.1:9/v1', 'http://127.0.0.1:9/v2']
  const kept = JSON.stringify({ [address]: 'secret', [other]: 'another' })
  const stored = new Map([['second-thought.server-keys', kept]])
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, text: string) => stored.set(name, text),
    removeItem: (name: string) => stored.delete(name),
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  const { servers, preferences } = await open([])
  expect(servers.keyState(address)).toBe('kept')
  preferences.set({ ...preferences.get(), addedModels: [`server:${address}#one`] })
  preferences.set({ ...preferences.get(), addedModels: [] })
  expect([servers.keyState(address), servers.keyState(other)]).toEqual(['none', 'kept'])
})
