import { messagesFor } from '../core/chat/conversation.ts'
import type { Engine, PrepareRequest } from '../core/engine.ts'
import type { ChatSession } from './chat-session.ts'
import type { ModelLoader } from './model-loader.ts'
import { optionsFor, systemPromptFor } from './settings.ts'

/** How long chat and settings must have stood still before the model reads them, milliseconds: nobody types that slowly. */
const SETTLED_MS = 200

/**
 * Lets the model read the instructions and the turns of the chat that is open while nobody asks: when it is ready, and when chat or
 * instructions have changed.
 * @returns Ends it.
 */
export function readAhead(engine: Engine, loader: ModelLoader, session: ChatSession): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let read = '' // what the model was last given
  let isReady = false

  function next(): PrepareRequest | undefined {
    const state = loader.model.get()
    if (state.status !== 'ready' || session.runs.get().size > 0) return undefined
    const conversation = session.conversation.get()
    const settings = session.settings.get()
    const messages = messagesFor(conversation, systemPromptFor(settings, state.model, conversation.instructions))
    return { messages, options: optionsFor(settings) }
  }

  function prepare(): void {
    const request = next()
    if (request === undefined) return
    const key = JSON.stringify(request)
    if (key === read) return
    read = key
    void engine.prepare(request)
  }

  function changed(): void {
    clearTimeout(timer)
    if (isReady) timer = setTimeout(prepare, SETTLED_MS)
  }

  const ends = [
    loader.model.subscribe(({ status }) => {
      isReady = status === 'ready'
      if (isReady) return prepare()
      clearTimeout(timer)
      read = '' // a model that is loaded has read nothing
    }),
    session.conversation.listen(changed),
    session.settings.listen(changed),
    session.runs.listen(changed),
  ]
  return () => {
    clearTimeout(timer)
    for (const end of ends) end()
  }
}
