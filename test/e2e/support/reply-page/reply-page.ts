/**
 * The chat with an engine that says what the address says: `?reply=` is the raw reply, `&hold=` after how many pieces it waits for
 * ever, `&finish=length` makes it stop for length and `&rest=` is what it then goes on with.
 */
import { createChatSession } from '../../../../src/state/chat-session.ts'
import { chatParts } from '../../../fakes/chat-parts.ts'
import { mountChat } from '../../../../src/ui/mount-chat.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../../fakes/scripted-engine.ts'

const query = new URLSearchParams(location.search)
const hold = Number(query.get('hold') ?? Infinity)
let pieces = -1 // the load takes the first
const root = document.querySelector<HTMLElement>('#app')
if (root !== null) {
  const engine = createScriptedEngine({
    replies: [
      {
        text: query.get('reply') ?? '',
        finishReason: query.get('finish') === 'length' ? 'length' : 'stop',
      },
      query.get('rest') ?? '',
    ],
    pace: () => (++pieces > hold ? new Promise(() => undefined) : Promise.resolve()),
  })
  const session = createChatSession(engine)
  mountChat(root, chatParts(session), { signal: new AbortController().signal })
  void session.load(SCRIPTED_MODEL)
}
