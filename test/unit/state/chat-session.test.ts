import { describe, expect, test } from 'vitest'
import {
  createConversation,
  currentPath,
  renameConversation,
  type ReplyNode,
} from '../../../src/core/chat/conversation.ts'
import type { Engine } from '../../../src/core/engine.ts'
import { REFLECTION_SYSTEM_PROMPT } from '../../../src/core/chat/system-prompt.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { answerOf } from '../../../src/core/reply/reply-texts.ts'
import { createChatSession, type ChatSession } from '../../../src/state/chat-session.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { viewOf } from '../../../src/state/view-of-reply.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../../fakes/scripted-engine.ts'

const GOOD = '<thinking>9 tenths are more.<reflection>Yes.</reflection></thinking><output>9.9 is larger.</output>'

async function openChat(script: Partial<Script> = {}) {
  const engine = createScriptedEngine({ replies: [GOOD], ...script })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  await loader.load(SCRIPTED_MODEL)
  return { engine, loader, session }
}

function lastReply(session: ChatSession): ReplyNode {
  const node = currentPath(session.conversation.get()).at(-1)
  if (node?.role !== 'assistant') throw new Error('The branch does not end with a reply.')
  return node
}

/** Resolves when the reply that is being written holds a text. */
function written(session: ChatSession, text: string): Promise<void> {
  return new Promise((resolve) => {
    const end = session.conversation.subscribe((conversation) => {
      if (conversation.nodes.some((node) => node.role === 'assistant' && node.content.includes(text))) {
        queueMicrotask(() => end())
        resolve()
      }
    })
  })
}

describe('asking', () => {
  test('keeps the raw reply and shows its answer', async () => {
    const { session } = await openChat()
    await session.ask('Which is larger?')
    expect(lastReply(session)).toMatchObject({ content: GOOD, status: 'complete', finishReason: 'stop' })
    expect(answerOf(viewOf(session, lastReply(session)))).toBe('9.9 is larger.')
    expect(session.run.get()).toBeUndefined()
  })

  test('sends the system prompt, the history and what the settings say', async () => {
    const { session, engine } = await openChat()
    await session.ask('One')
    session.settings.set({
      ...session.settings.get(),
      temperature: 0,
      thinkBudget: 64,
      selfCheck: 'more',
      thinkCarefully: true,
      instructions: 'Be brief.',
    })
    await session.ask('Two?')
    expect(engine.requests[0]?.messages).toEqual([
      { role: 'system', content: REFLECTION_SYSTEM_PROMPT },
      { role: 'user', content: 'One' },
    ])
    expect(engine.requests[1]).toEqual({
      messages: [
        { role: 'system', content: `${REFLECTION_SYSTEM_PROMPT}\n\nBe brief.` },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: GOOD },
        { role: 'user', content: 'Two? Think carefully.' },
      ],
      options: { temperature: 0, thinkBudget: 64, selfCheck: 'more', pastThinking: 'keep' },
    })
  })

  test('sends no system message when there is none to send', async () => {
    const { session, engine } = await openChat()
    session.settings.set({ ...session.settings.get(), reflect: false })
    await session.ask('One')
    expect(engine.requests[0]?.messages).toEqual([{ role: 'user', content: 'One' }])
  })

  test('is refused when it is too long, and the conversation is as it was', async () => {
    const error = new ReflectionError('prompt-too-long', 'It has 31,200 tokens, but the model reads 1,024. Shorten it.')
    const { session } = await openChat({ replies: [GOOD, { text: '', error }, GOOD] })
    await session.ask('Question')
    const before = session.conversation.get()
    await expect(session.ask('Much too long')).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: error.message,
    })
    expect(session.conversation.get()).toEqual(before)
    await session.ask('Short')
    expect(currentPath(session.conversation.get())).toHaveLength(4)
  })

  test('is refused in a new wording too, with the numbers for those who word it', async () => {
    const details = { tokens: 31_200, limit: 1024 }
    const error = new ReflectionError('prompt-too-long', 'Too long.', { details })
    const { session } = await openChat({ replies: [GOOD, { text: '', error }] })
    await session.ask('Question')
    const before = session.conversation.get()
    await expect(session.edit(before.nodes[0]?.id ?? '', 'Much too long')).rejects.toMatchObject({ details })
    expect(session.conversation.get()).toEqual(before)
  })

  test('is taken back alone when it is too long: what else was changed meanwhile stays', async () => {
    const error = new ReflectionError('prompt-too-long', 'Too long.')
    const { session } = await openChat({ replies: [GOOD, { text: '', error }] })
    await session.ask('Question')
    const refused = session.ask('Much too long')
    session.change((conversation) => renameConversation(conversation, 'Named meanwhile'))
    await expect(refused).rejects.toMatchObject({ code: 'prompt-too-long' })
    expect(session.conversation.get()).toMatchObject({ title: 'Named meanwhile' })
    expect(currentPath(session.conversation.get())).toHaveLength(2)
  })

  test('is refused while a reply is being written', async () => {
    const { session } = await openChat()
    const run = session.ask('One')
    await expect(session.ask('Two')).rejects.toMatchObject({ code: 'request-invalid' })
    await run
    expect(session.conversation.get().nodes).toHaveLength(2)
  })

  test('loads a model first that was lost', async () => {
    const { loader, session, engine } = await openChat()
    engine.crash()
    expect(loader.model.get()).toMatchObject({ status: 'loading', returnsFrom: { code: 'worker-died' } })
    await session.ask('One')
    expect(lastReply(session).status).toBe('complete')
  })
})

describe('a run that does not end by itself', () => {
  test('stopped, keeps its text and its usage', async () => {
    const { session } = await openChat()
    const run = session.ask('One')
    await written(session, '9 tenths')
    session.stop()
    expect(session.run.get()?.isStopping).toBe(true)
    await run
    const reply = lastReply(session)
    expect(reply.status).toBe('interrupted')
    expect(GOOD.startsWith(reply.content) && reply.content.includes('9 tenths')).toBe(true)
    expect(reply.usage?.finishReason).toBe('abort')
  })

  test('answers at once when it is told to, and marks where', async () => {
    const { session } = await openChat()
    const run = session.ask('One')
    await written(session, '9 tenths')
    session.answerNow()
    await run
    const reply = lastReply(session)
    const [forced] = reply.forced ?? []
    expect(forced).toMatchObject({ cause: 'answer-now' })
    expect(reply.content.slice(forced?.start, forced?.end)).toMatch(/<\/thinking>\n<output>$/)
    expect(answerOf(viewOf(session, reply))).toBe('9.9 is larger.')
  })

  test('keeps its text when the engine dies, and the reply says why', async () => {
    const { loader, session, engine } = await openChat()
    const run = session.ask('One')
    await written(session, '9 tenths')
    engine.crash()
    await run
    const reply = lastReply(session)
    expect(reply).toMatchObject({ status: 'failed', errorCode: 'worker-died' })
    expect(reply.content).toContain('9 tenths')
    expect(viewOf(session, reply).finishReason).toBe('abort')
    expect(await loader.whenReady()).toMatchObject({ id: reply.modelId }) // it came back by itself
    expect(session.run.get()).toBeUndefined()
  })

  test('keeps its text when the engine moves to another tab, goes on there, and nobody has to load anything', async () => {
    const { loader, session, engine } = await openChat({ replies: [GOOD, GOOD.slice(GOOD.indexOf('<reflection>'))] })
    const run = session.ask('One')
    await written(session, '9 tenths')
    const { content } = lastReply(session)
    engine.crash(new ReflectionError('engine-moved', 'The tab was closed.'))
    await run
    expect(lastReply(session)).toMatchObject({ status: 'interrupted', content })
    expect(loader.model.get().status).toBe('loading')
    expect(await loader.whenReady()).toBe(SCRIPTED_MODEL)
    await session.continueReply(lastReply(session).id)
    expect(lastReply(session)).toMatchObject({ status: 'complete' })
  })

  test('says for what it waits, and is stopped all the same', async () => {
    const { loader, session } = await openChat()
    const waiting: Pick<Engine, 'generate'> = {
      generate: (_, __, { signal, onWait } = {}) =>
        new Promise((_resolve, reject) => {
          onWait?.('reply-elsewhere')
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    }
    const other = createChatSession(waiting, loader)
    const run = other.ask('One')
    expect(other.run.get()).toMatchObject({ waitsFor: 'reply-elsewhere' })
    other.stop()
    await run
    expect(lastReply(other)).toMatchObject({ status: 'interrupted', finishReason: 'abort', content: '' })
    expect(session.run.get()).toBeUndefined()
  })

  test('takes no events once it has settled', async () => {
    const { session, engine } = await openChat()
    await session.ask('One')
    const before = [session.conversation.get(), session.views.get()]
    engine.sendLate([{ type: 'text-delta', id: '9', section: 'output', delta: 'late', start: 0, end: 4 }])
    expect([session.conversation.get(), session.views.get()]).toEqual(before)
  })
})

describe('a reply whose conversation is left', () => {
  const other = { schema: 1, id: 'other', createdAt: 0, nodes: [], chosen: {} } as const

  test('goes on in the background and leaves the conversation alone that is shown', async () => {
    const { session } = await openChat()
    const run = session.ask('One')
    await written(session, '9 tenths')
    const { id } = session.conversation.get()
    session.open(other)
    expect(session.run.get()).toBeUndefined()
    expect([...session.runs.get().keys()]).toEqual([id])
    let last = session.background.get().get(id)
    const unlisten = session.background.listen((held) => (last = held.get(id) ?? last))
    await run
    unlisten()
    expect(last?.nodes.at(-1)).toMatchObject({ content: GOOD, status: 'complete' })
    expect([session.runs.get().size, session.background.get().size, session.views.get().size]).toEqual([0, 0, 0])
    expect(session.conversation.get()).toMatchObject({ id: 'other', nodes: [] })
    await session.ask('Two')
    expect(lastReply(session).status).toBe('complete')
  })

  test('is shown as it is by now when one goes back to it, and can be stopped there', async () => {
    const { session } = await openChat()
    const run = session.ask('One')
    await written(session, '9 tenths')
    const left = session.conversation.get()
    session.open(other)
    session.open(left) // an older version of it
    expect(session.background.get().size).toBe(0)
    expect(session.run.get()?.replyId).toBe(lastReply(session).id)
    await written(session, '<reflection>')
    expect(viewOf(session, lastReply(session)).parts).not.toEqual([])
    session.stop()
    await run
    expect(lastReply(session).status).toBe('interrupted')
  })

  test('is stopped from elsewhere, while another one is being written', async () => {
    const { session } = await openChat()
    const run = session.ask('One')
    await written(session, '9 tenths')
    const { id } = session.conversation.get()
    session.open(other)
    const second = session.ask('Two')
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(session.runs.get().size).toBe(2)
    let last = session.background.get().get(id)
    const unlisten = session.background.listen((held) => (last = held.get(id) ?? last))
    session.stop(id)
    await run
    unlisten()
    expect(last?.nodes.at(-1)).toMatchObject({ status: 'interrupted' })
    await second
    expect(lastReply(session)).toMatchObject({ content: GOOD, status: 'complete' })
  })

  test('does not begin where another conversation was opened before the model was ready', async () => {
    const { session, engine } = await openChat()
    engine.crash()
    const asked = session.ask('One')
    session.open(other)
    await expect(asked).rejects.toMatchObject({ code: 'request-invalid' })
    expect(session.conversation.get().nodes).toEqual([])
  })
})

describe('another try', () => {
  test('keeps the reply before it within reach', async () => {
    const { session } = await openChat({ replies: ['<output>first</output>', '<output>second</output>'] })
    await session.ask('One')
    const first = lastReply(session)
    await session.regenerate(first.id)
    expect(lastReply(session).content).toBe('<output>second</output>')
    const { nodes } = session.conversation.get()
    expect(nodes.filter(({ parentId }) => parentId === first.parentId)).toHaveLength(2)
    session.select(first.id)
    expect(lastReply(session).content).toBe('<output>first</output>')
  })

  test('with other words keeps the branch of the old ones', async () => {
    const { session, engine } = await openChat()
    await session.ask('One')
    const [question] = currentPath(session.conversation.get())
    await session.edit(question!.id, 'Two')
    expect(engine.requests.at(-1)?.messages.at(-1)).toEqual({ role: 'user', content: 'Two' })
    expect(currentPath(session.conversation.get())).toHaveLength(2)
    session.select(question!.id)
    expect(currentPath(session.conversation.get())[0]).toMatchObject({ content: 'One' })
  })

  test('does not ask for careful thought twice', async () => {
    const { session, engine } = await openChat()
    session.settings.set({ ...session.settings.get(), thinkCarefully: true })
    await session.ask('One')
    const [question] = currentPath(session.conversation.get())
    await session.edit(question!.id, question!.content)
    expect(engine.requests.at(-1)?.messages.at(-1)?.content).toBe('One Think carefully.')
  })

  test('goes on where a reply stopped for length', async () => {
    const replies = [{ text: GOOD.slice(0, 40), finishReason: 'length' as const }, GOOD.slice(40)]
    const { session, engine } = await openChat({ replies })
    await session.ask('One')
    const { id, finishReason } = lastReply(session)
    expect(finishReason).toBe('length')
    await session.continueReply(id)
    expect(engine.requests.at(-1)?.messages.at(-1)).toEqual({ role: 'assistant', content: GOOD.slice(0, 40) })
    expect(lastReply(session)).toMatchObject({ id, content: GOOD, status: 'complete', finishReason: 'stop' })
    expect(answerOf(viewOf(session, lastReply(session)))).toBe('9.9 is larger.')
  })

  test('stays as it was where there is no room for more of it, and says so', async () => {
    const error = new ReflectionError('prompt-too-long', 'There is no room.')
    const { session } = await openChat({
      replies: [
        { text: GOOD, finishReason: 'length' },
        { text: '', error },
        { text: '', error },
      ],
    })
    await session.ask('One')
    const before = session.conversation.get()
    const { id } = lastReply(session)
    await expect(session.continueReply(id)).rejects.toMatchObject({ code: 'prompt-too-long', message: error.message })
    expect(session.conversation.get()).toEqual(before)
    expect(viewOf(session, lastReply(session))).toMatchObject({ text: GOOD, finishReason: 'length' })
    const saved: unknown[] = []
    session.background.subscribe((held) => saved.push(...held.values()))
    const begun = new Promise((resolve) => session.run.listen(resolve))
    const refused = session.continueReply(id)
    await begun
    session.open(createConversation()) // it is refused in the background
    await expect(refused).rejects.toMatchObject({ code: 'prompt-too-long' })
    expect(saved.at(-1)).toEqual(before)
    expect(session.background.get().size).toBe(0)
  })

  test('goes on inside a tag without writing its beginning twice', async () => {
    const cut = GOOD.indexOf('</thinking>') + 4
    const { session } = await openChat({
      replies: [{ text: GOOD.slice(0, cut), finishReason: 'length' }, GOOD.slice(cut)],
    })
    await session.ask('One')
    await session.continueReply(lastReply(session).id)
    expect(lastReply(session).content).toBe(GOOD)
  })
})
