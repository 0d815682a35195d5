/** The whole page with a scripted engine. `?chats=` and `?messages=` put that many chats, and one of that many messages, into its store first. */
import { startApp } from '../../src/app/start-app.ts'
import { openConversationStore } from '../../src/storage/open-conversation-store.ts'
import { longChat, manyChats } from '../../test/fakes/many-chats.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../test/fakes/scripted-engine.ts'

const query = new URLSearchParams(location.search)
const store = openConversationStore()
for (const chat of manyChats(Number(query.get('chats') ?? 0))) await store.save(chat)
const messages = Number(query.get('messages') ?? 0)
if (messages > 0) await store.save(longChat(messages))

const root = document.querySelector<HTMLElement>('#app')
if (root !== null) await startApp(root, createScriptedEngine({ replies: [''] }), async () => SCRIPTED_MODEL)
