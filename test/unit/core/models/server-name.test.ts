import { expect, test } from 'vitest'
import { nameServerModel, splitServerName } from '../../../../src/core/models/server-name.ts'

test.each([
  { address: 'http://127.0.0.1:8000/v1', model: 'Reflection-70B', dialect: 'reflection' },
  { address: 'https://reflection.example/some/v1', model: 'deepseek-r1:8b#q4', dialect: 'think' },
  { address: 'https://[::1]:8443/v1', model: '模型', dialect: 'reflection' },
] as const)('the name of a model on a server says all of it: %j', (server) => {
  expect(splitServerName(nameServerModel(server))).toEqual(server)
})

test.each(['reflection-tiny', 'https://models.example/m.gguf', 'server:', 'server:http://a/v1', 'server:ftp://a/v1#m'])(
  'no other name is one: %s',
  (name) => expect(splitServerName(name)).toBeUndefined(),
)
