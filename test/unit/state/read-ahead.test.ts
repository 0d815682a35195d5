import { expect, onTestFinished, test, vi } from 'vitest'
import { addUserMessage, createConversation } from '../../../src/core/chat/conversation.ts'
import { createChatSession } from '../../../src/state/chat-session.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { readAhead } from '../../../src/state/read-ahead.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'

function setUp() {
  vi.useFakeTimers()
  const engine = createScriptedEngine({ replies: ['<output>yes</output>'], pace: () => Promise.resolve() })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  const end = readAhead(engine, loader, session)
  onTestFinished(() => {
    end()
    vi.useRealTimers()
  })
  const said = () => engine.prepared.map(({ messages }) => messages.map(({ content }) => content))
  const instruct = (instructions: string) =>
    session.settings.set({ ...session.settings.get(), reflect: false, instructions })
  return { engine, loader, session, said, instruct, end }
}

test('the instructions are read as soon as the model is ready, not before', async () => {
  const { loader, said, instruct } = setUp()
  instruct('Be brief.')
  vi.runAllTimers()
  expect(said()).toEqual([])
  await loader.load(SCRIPTED_MODEL)
  expect(said()).toEqual([['Be brief.']])
})

test('other instructions are read when they have stood still for a moment, the same ones not again', async () => {
  const { loader, said, instruct } = setUp()
  instruct('a')
  await loader.load(SCRIPTED_MODEL)
  for (const text of ['ab', 'abc', 'abcd']) instruct(text)
  expect(said()).toHaveLength(1)
  vi.runAllTimers()
  expect(said()).toEqual([['a'], ['abcd']])
  instruct('abc')
  instruct('abcd')
  vi.runAllTimers()
  expect(said()).toHaveLength(2)
})

test('a chat that is opened is read with its turns, and one that was answered with the reply', async () => {
  const { loader, session, said, instruct } = setUp()
  instruct('')
  await loader.load(SCRIPTED_MODEL)
  session.open(addUserMessage(createConversation(), 'hi'))
  vi.runAllTimers()
  expect(said()).toEqual([[], ['hi']])
  session.open(createConversation())
  await session.ask('more')
  expect(said()).toHaveLength(2) // nothing while a reply is written
  vi.runAllTimers()
  expect(said().at(-1)).toEqual(['more', '<output>yes</output>'])
})

test('a model that is loaded anew reads all of it again', async () => {
  const { engine, loader, said, instruct } = setUp()
  instruct('a')
  await loader.load(SCRIPTED_MODEL)
  engine.crash()
  instruct('b')
  vi.runAllTimers()
  expect(said()).toEqual([['a']])
  instruct('a')
  await loader.reload()
  expect(said()).toEqual([['a'], ['a']])
})

test('nothing is read once it has ended', async () => {
  const { loader, said, instruct, end } = setUp()
  instruct('a')
  await loader.load(SCRIPTED_MODEL)
  instruct('b')
  end()
  vi.runAllTimers()
  expect(said()).toEqual([['a']])
})
