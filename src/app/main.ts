import { createEngine } from '../client/create-engine.ts'
import { fetchManifest } from '../core/models/fetch-manifest.ts'
import { embeddedModel } from '../core/models/registry.ts'
import { createChatSession } from '../state/chat-session.ts'
import { mountChat } from '../ui/mount-chat.ts'

const root = document.querySelector<HTMLElement>('#chat')
if (root !== null) {
  const session = createChatSession(createEngine())
  mountChat(root, session, { signal: new AbortController().signal })
  const manifestUrl = new URL(embeddedModel.manifestPath, document.baseURI).href
  void session.load((signal) => fetchManifest(manifestUrl, { signal, origin: 'embedded' }))
}
