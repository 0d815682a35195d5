import { createEngine } from '../client/create-engine.ts'
import { embeddedModel } from '../core/models/registry.ts'
import { createChatSession } from '../state/chat-session.ts'
import { mountChat } from '../ui/mount-chat.ts'
import { findModel } from './find-model.ts'

const root = document.querySelector<HTMLElement>('#chat')
if (root !== null) {
  const session = createChatSession(createEngine())
  mountChat(root, session, { signal: new AbortController().signal })
  // `?model=` names another model of the registry, or the address of a manifest.json.
  const name = new URLSearchParams(location.search).get('model') ?? embeddedModel.id
  void session.load((signal) => findModel(name, signal))
}
