import { PrecacheController } from 'workbox-precaching'
import {
  BUILD_LOCK,
  OFFLINE_PARTS,
  type OfflineFile,
  type OfflinePart,
  type OfflineReport,
} from '../protocol/offline-messages.ts'

declare const self: ServiceWorkerGlobalScope

/** Headers by which a server says what the page may do; all files have to come with the same ones. */
const RULES = ['content-security-policy', 'cross-origin-opener-policy', 'cross-origin-embedder-policy']

/** The files of this build, in a cache that all builds share: what did not change is there already, and pages of an earlier build find theirs. */
export interface KeptFiles {
  readonly cacheName: string
  readonly controller: PrecacheController
  /** Fetches what is missing of a part, and checks it against the hashes of the build. @param onFile - Called after each file. */
  keep(part: OfflinePart, event: ExtendableEvent, onFile?: () => Promise<void>): Promise<void>
  report(): Promise<OfflineReport>
  /** Deletes what earlier builds left, unless a page of theirs is open, or a newer build has begun to put its files beside these. */
  dropOlder(): Promise<void>
  /** Fetches everything anew if the server sends the same page with other rules, as after a change to its settings. */
  followRules(): Promise<void>
  /** Nothing is stored any more once what is under way has ended; all else then does nothing. */
  end(): void
  readonly isEnded: boolean
}

/** @param files - All of this build. */
export function createKeptFiles(files: readonly OfflineFile[]): KeptFiles {
  const { scope } = self.registration
  const cacheName = `second-thought.files:${scope}`
  const controller = new PrecacheController({ cacheName })
  controller.addToCacheList(files.map(({ url, revision, integrity }) => ({ url, revision, integrity })))
  const pageAddress = new URL('index.html', scope).href
  let isEnded = false

  /** The key of a file that is in the list. */
  function keyOf({ url }: { readonly url: string }): string {
    return controller.getCacheKeyForURL(url) ?? url
  }

  async function storedKeys(): Promise<ReadonlySet<string>> {
    const cache = await caches.open(cacheName)
    return new Set((await cache.keys()).map(({ url }) => url))
  }

  async function keep(
    part: OfflinePart,
    event: ExtendableEvent,
    onFile = async () => undefined as void,
  ): Promise<void> {
    for (const file of files) {
      if (isEnded) return
      if (file.part !== part) continue
      const { url, revision, integrity } = file
      const cache = revision === null ? 'default' : 'reload'
      const request = new Request(url, { integrity, cache, credentials: 'same-origin' })
      const params = { cacheKey: keyOf(file), integrity }
      await Promise.all(controller.strategy.handleAll({ event, request, params }))
      await onFile()
    }
  }

  return {
    cacheName,
    controller,
    keep,

    async report() {
      const stored = await storedKeys()
      const reportOf = (part: OfflinePart) => {
        const own = files.filter((file) => file.part === part)
        const kept = own.filter((file) => stored.has(keyOf(file)))
        return { bytes: sumOf(own), keptBytes: sumOf(kept) }
      }
      return Object.fromEntries(OFFLINE_PARTS.map((part) => [part, reportOf(part)])) as OfflineReport
    },

    async dropOlder() {
      const { installing, waiting } = self.registration
      if (installing !== null || waiting !== null) return // that one will do it, as it alone knows which files are its own
      if (!(await areAllOfThisBuild(controller))) return
      const cache = await caches.open(cacheName)
      const own = new Set(files.map(keyOf))
      for (const request of await cache.keys()) if (!own.has(request.url)) await cache.delete(request)
    },

    async followRules() {
      const cache = await caches.open(cacheName)
      const known = await cache.match(keyOf({ url: pageAddress }))
      // All of it: an answer that nothing changed leaves headers as they were that are no longer sent.
      const fresh = await fetch(pageAddress, { cache: 'reload' }).catch(() => undefined)
      if (known === undefined || fresh?.ok !== true) return
      if (RULES.every((name) => known.headers.get(name) === fresh.headers.get(name))) return
      if ((await known.text()) !== (await fresh.text())) return // another build, whose own service worker is to come
      const stored = await storedKeys()
      const kept = files.filter((file) => stored.has(keyOf(file)))
      // All of them before the first is stored: half of them under other rules would not work together.
      const renewed = await Promise.all(
        kept.map(async (file) => {
          const { url, integrity } = file
          return { key: keyOf(file), response: await fetch(new Request(url, { integrity, cache: 'reload' })) }
        }),
      )
      for (const { key, response } of renewed) if (!isEnded) await cache.put(key, await withoutRedirect(response))
    },

    end() {
      isEnded = true
    },
    get isEnded() {
      return isEnded
    },
  }
}

/** No page is shown that came by way of another address, as from hosts that lead `index.html` to its folder: browsers refuse it. */
async function withoutRedirect(response: Response): Promise<Response> {
  if (!response.redirected) return response
  const { headers, status, statusText } = response
  return new Response(await response.blob(), { headers, status, statusText })
}

function sumOf(files: readonly OfflineFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Whether each open page says that it is of this build. One that says nothing, as it has just begun, counts as another. */
async function areAllOfThisBuild(controller: PrecacheController): Promise<boolean> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const { held = [] } = await navigator.locks.query()
  const open = pages.filter(({ url }) => url.startsWith(self.registration.scope))
  const own = held.filter(({ name = '' }) => {
    return name.startsWith(BUILD_LOCK) && controller.getCacheKeyForURL(name.slice(BUILD_LOCK.length)) !== undefined
  })
  return own.length >= open.length // each holds one; whose it is cannot be told, as browsers name pages and holders differently
}
