import type { StoredKind, StoredThings } from '../state/stored-things.ts'
import type { ToServiceWorker } from '../protocol/offline-messages.ts'
import { deleteOwnKeys, isOwnKey, keyStores, OUR_NAMES } from './own-keys.ts'

/** How long a service worker may take to end what it does, and a database that another page has open; milliseconds. */
const PATIENCE_MS = 5000

/** Asks the browser for everything that it keeps for this site, whoever put it there. */
export async function lookAtStoredThings(): Promise<StoredThings> {
  const [databases, cacheNames, serviceWorkers, files] = await Promise.all([
    attempt(async () => (await indexedDB.databases()).map(({ name = '' }) => name)),
    attempt(() => caches.keys()),
    attempt(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope)),
    attempt(listFiles),
  ])
  return { databases, caches: cacheNames, keys: keyStores().flatMap(Object.keys), serviceWorkers, files }
}

/** Whether it is of this page; another page of the same address may store things as well. */
export function isOwnThing(kind: StoredKind, name: string): boolean {
  if (kind === 'keys') return isOwnKey(name)
  if (kind === 'serviceWorkers') return name === ownScope()
  return kind !== 'files' && OUR_NAMES.test(name)
}

/**
 * Deletes all that the page keeps: chats, settings, keys, weights, the copy of the page itself. Pages that have a database open have to let
 * go of it before. Never rejects: a look tells what is left.
 */
export async function deleteStoredThings(): Promise<void> {
  await attempt(endServiceWorker) // first, as it stores what it fetches
  deleteOwnKeys()
  const { databases = [], caches: cacheNames = [] } = await lookAtStoredThings()
  await Promise.all([
    ...cacheNames.filter((name) => isOwnThing('caches', name)).map((name) => attempt(() => caches.delete(name))),
    ...databases.filter((name) => isOwnThing('databases', name)).map(deleteDatabase),
  ])
}

async function endServiceWorker(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration(ownScope())
  if (registration?.scope !== ownScope()) return // one above this folder may be of other pages
  const workers = [registration.installing, registration.waiting, registration.active]
  await Promise.race([Promise.all(workers.map((worker) => worker && untilEnded(worker))), untilImpatient()])
  await registration.unregister()
}

/** Resolves once a service worker writes nothing any more. */
function untilEnded(worker: ServiceWorker): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    worker.postMessage({ type: 'end' } satisfies ToServiceWorker, [port2])
  })
}

/** @returns Once it is gone, or has been waited for. */
function deleteDatabase(name: string): Promise<void> {
  const request = indexedDB.deleteDatabase(name)
  const isDone = new Promise<void>((resolve) => {
    for (const type of ['success', 'error']) request.addEventListener(type, () => resolve())
  })
  return Promise.race([isDone, untilImpatient()])
}

async function listFiles(): Promise<string[]> {
  const names: string[] = []
  const folder = (await navigator.storage.getDirectory()) as unknown as { keys(): AsyncIterable<string> }
  for await (const name of folder.keys()) names.push(name)
  return names
}

function ownScope(): string {
  return new URL('./', document.baseURI).href
}

function untilImpatient(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))
}

async function attempt<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}
