import { PrecacheRoute } from 'workbox-precaching'
import { Route, Router } from 'workbox-routing'
import { ReflectionError } from '../core/errors.ts'
import { shareRequests } from '../core/watch-requests.ts'
import {
  readToServiceWorker,
  type OfflineAnswer,
  type OfflineFile,
  type OfflinePart,
} from '../protocol/offline-messages.ts'
import { createKeptFiles } from './kept-files.ts'

/**
 * Keeps the files of the page, so that it works without a network. It answers for these alone: weights of models lie in IndexedDB, where the
 * engine's own worker puts them, and whatever goes elsewhere goes as if this were not here.
 */
declare const self: ServiceWorkerGlobalScope & {
  /** The build puts the list in this place. */
  readonly __WB_MANIFEST: readonly OfflineFile[]
}

// oxlint-disable-next-line eslint/no-underscore-dangle -- Workbox looks for this name
const files = createKeptFiles(self.__WB_MANIFEST)
const router = new Router()

shareRequests('service-worker')

// What stands behind the question mark chooses a model or an engine in the page, which is the same for all.
router.registerRoute(
  new PrecacheRoute(files.controller, {
    cleanURLs: false,
    ignoreURLParametersMatching: [/^/],
    directoryIndex: 'index.html',
  }),
)
// Files of an earlier build, for a page of it that is still open.
router.registerRoute(
  new Route(
    ({ url }) => url.href.startsWith(new URL('assets/', self.registration.scope).href),
    async ({ request }) => (await caches.match(request, { cacheName: files.cacheName })) ?? fetch(request),
  ),
)

/** What may still write. */
const underWay = new Set<Promise<unknown>>()

/** Keeps the service worker alive as long as something goes on. */
function during(event: ExtendableEvent, work: Promise<unknown>): void {
  underWay.add(work)
  event.waitUntil(work.finally(() => underWay.delete(work)))
}

self.addEventListener('install', (event) => {
  during(event, files.keep('page', event))
})

self.addEventListener('activate', (event) => {
  const begin = async () => {
    await self.clients.claim() // the page that brought us here; one of an earlier build finds its files all the same
    await files.dropOlder()
  }
  during(event, begin())
})

self.addEventListener('fetch', (event) => {
  if (files.isEnded) return
  const answer = router.handleRequest({ event, request: event.request })
  if (answer === undefined) return
  event.respondWith(answer)
  during(event, answer)
  if (event.request.mode === 'navigate') during(event, files.followRules())
})

self.addEventListener('message', (event) => {
  const message = readToServiceWorker(event.data)
  if (message?.type === 'take-over') event.waitUntil(self.skipWaiting())
  const [port] = event.ports
  if (message === undefined || port === undefined) return
  if (message.type === 'keep' && !files.isEnded) during(event, keepAndTell(message.parts, event, port))
  if (message.type === 'end') event.waitUntil(endAndTell(port))
})

async function keepAndTell(parts: readonly OfflinePart[], event: ExtendableEvent, port: MessagePort): Promise<void> {
  const tell = async (more: Omit<OfflineAnswer, 'report'>) => {
    if (!files.isEnded) port.postMessage({ report: await files.report(), ...more })
  }
  try {
    await files.dropOlder()
    for (const part of parts) await files.keep(part, event, () => tell({ isDone: false }))
    await tell({ isDone: true })
  } catch (error) {
    await tell({ isDone: true, problem: ReflectionError.from(error).message })
  }
}

async function endAndTell(port: MessagePort): Promise<void> {
  files.end()
  await Promise.allSettled(underWay)
  port.postMessage('ended')
}
