import { expect, onTestFinished, test } from 'vitest'
import { commands } from 'vitest/browser'
import { createRemoteEngine } from '../../src/adapters/remote/create-remote-engine.ts'
import { describeRemoteModel } from '../../src/adapters/remote/describe-remote-model.ts'
import type { RunEvent } from '../../src/core/engine.ts'

/** Run in Node; `test/unit/support/model-server.ts` has them. */
const { startModelServer, stopModelServer } = commands as unknown as {
  startModelServer: (options: { cors: boolean }) => Promise<string>
  stopModelServer: (address: string) => Promise<void>
}

async function start(cors: boolean) {
  const address = await startModelServer({ cors })
  onTestFinished(() => stopModelServer(address))
  return { address, model: describeRemoteModel({ address, model: 'Reflection-70B' }) }
}

test('a page talks to a server of another origin that lets it', async () => {
  const { model } = await start(true)
  const engine = createRemoteEngine({ keyFor: () => 'key' })
  await engine.load(model)
  const events: RunEvent[] = []
  await engine.generate({ messages: [{ role: 'user', content: 'Hi' }] }, (batch) => events.push(...batch))
  const deltas = events.flatMap((event) => ('delta' in event ? [[event.type, event.delta.trim()]] : []))
  expect(deltas.filter(([, text]) => text !== '')).toEqual([
    ['reasoning-delta', 'hm'],
    ['text-delta', '5'],
  ])
})

test('a server that does not let the page read its answers is told apart from one that is not there', async () => {
  const { address, model } = await start(false)
  const load = () => createRemoteEngine().load(model)
  await expect(load()).rejects.toMatchObject({
    code: 'server-unreachable',
    message: expect.stringContaining(`Allow the origin ${location.origin}`),
  })
  await stopModelServer(address)
  await expect(load()).rejects.toMatchObject({
    code: 'server-unreachable',
    message: expect.stringContaining('Nothing answers at'),
  })
})
