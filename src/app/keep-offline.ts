import { atom, type ReadableAtom } from 'nanostores'
import {
  BUILD_LOCK,
  OFFLINE_PARTS,
  type OfflineAnswer,
  type OfflinePart,
  type OfflineReport,
  type ToServiceWorker,
} from '../protocol/offline-messages.ts'
import type { ModelState } from '../state/model-loader.ts'
import type { OfflineCopy, OfflineState } from '../state/offline-copy.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'

/** Where the service worker lies, as seen from the page. */
const SCRIPT = 'service-worker.js'

/** A page that was long in the background asks whether there is a newer version, but not more often than this; milliseconds. */
const UPDATE_CHECK_MS = 60 * 60 * 1000

/** Browsers that know whether the user pays for what is fetched say so here. */
type WithConnection = Navigator & { readonly connection?: { readonly saveData?: boolean } }

/**
 * Keeps the page for use without a network: its own files at once, those of the engine that runs as soon as one does, and others when they
 * are used or asked for. Weights of models are stored elsewhere.
 * @param model - Says which engine runs.
 */
export function keepOffline(model: ReadableAtom<ModelState>): OfflineCopy {
  const container = (navigator as { readonly serviceWorker?: ServiceWorkerContainer }).serviceWorker
  const $hasUpdate = atom(false)
  const why = isSecureContext ? 'unsupported' : 'insecure'
  const $state = atom<OfflineState>(
    container === undefined ? { status: 'impossible', why } : { status: 'preparing', parts: [] },
  )
  if (container === undefined)
    return { state: $state, hasUpdate: $hasUpdate, keep: async () => undefined, takeUpdate() {} }

  const needed = new Set<OfflinePart>(['page'])
  let registration: ServiceWorkerRegistration | undefined
  let isTaking = false

  holdBuild()
  void begin(container)

  async function begin(workers: ServiceWorkerContainer): Promise<void> {
    const hadController = workers.controller !== null
    workers.addEventListener('controllerchange', () => {
      if (isTaking) location.reload()
      else if (hadController) $hasUpdate.set(true) // another page took it; this one goes on with its own files
    })
    if (hasLetGoOfStorage()) return // while this part was fetched
    try {
      registration = await workers.register(new URL(SCRIPT, document.baseURI), { updateViaCache: 'none' })
      followUpdates(registration, () => $hasUpdate.set(true))
    } catch (error) {
      console.warn(error)
      // A browser that refuses has kept nothing; one that could not look for a newer version has the last.
      if (!hadController) return $state.set({ status: 'impossible', why: 'refused' })
      registration = await workers.ready
    }
    if (!(await isThere(workers.ready, registration))) {
      return $state.set({ status: 'incomplete', parts: [], problem: 'A file of the page could not be fetched.' })
    }
    model.subscribe((now) => {
      if (now.status !== 'ready') return
      const { engine } = now.engine
      void (engine === 'server' ? keep('page') : keepEngine(engine))
    })
    if (model.get().status !== 'ready') await keep('page')
  }

  async function keepEngine(engine: 'gpu' | 'processor'): Promise<void> {
    const part = engine === 'gpu' ? 'gpu' : crossOriginIsolated ? 'threads' : 'processor'
    needed.add(part)
    // Who pays for what is fetched gets it with the first use that needs it, or on a word in the settings.
    const isSparing = (navigator as WithConnection).connection?.saveData === true
    await fetchParts(isSparing ? ['page'] : ['page', part])
  }

  async function keep(part: OfflinePart): Promise<void> {
    await fetchParts([part])
  }

  async function fetchParts(parts: readonly OfflinePart[]): Promise<void> {
    const worker = registration?.active
    if (worker === undefined || worker === null) return
    const { port1, port2 } = new MessageChannel()
    const done = new Promise<void>((resolve) => {
      port1.addEventListener('message', ({ data }: MessageEvent<OfflineAnswer>) => {
        show(data)
        if (!data.isDone) return
        port1.close()
        resolve()
      })
    })
    port1.start()
    worker.postMessage({ type: 'keep', parts } satisfies ToServiceWorker, [port2])
    await done
  }

  function show({ report, problem }: OfflineAnswer): void {
    const parts = OFFLINE_PARTS.map((name) => {
      const { bytes, keptBytes } = report[name]
      return { name, bytes, keptBytes, isNeeded: needed.has(name) }
    })
    if (isWhole(report)) $state.set({ status: 'ready', parts })
    else if (problem === undefined) $state.set({ status: 'preparing', parts })
    else $state.set({ status: 'incomplete', parts, problem })
  }

  function isWhole(report: OfflineReport): boolean {
    return [...needed].every((part) => report[part].keptBytes === report[part].bytes)
  }

  return {
    state: $state,
    hasUpdate: $hasUpdate,
    keep,
    takeUpdate() {
      isTaking = true
      void newest(registration).then((waiting) => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
        if (waiting) waiting.postMessage({ type: 'take-over' } satisfies ToServiceWorker)
        else location.reload()
      })
    },
  }
}

/** Waits for a service worker that can be asked. @returns False where the first one could not fetch what it needs to begin with. */
function isThere(ready: Promise<unknown>, registration: ServiceWorkerRegistration): Promise<boolean> {
  const first = registration.installing
  return new Promise((resolve) => {
    void ready.then(() => resolve(true)) // it never is where there is none
    first?.addEventListener('statechange', () => {
      if (first.state === 'redundant' && registration.active === null) resolve(false)
    })
  })
}

/** The newer version, if there is one; looked for where none is known, as when a chat of one was opened. */
async function newest(registration: ServiceWorkerRegistration | undefined): Promise<ServiceWorker | null | undefined> {
  if (registration?.waiting) return registration.waiting
  await registration?.update().catch(() => undefined) // there is no network
  const coming = registration?.installing
  if (coming) await new Promise((resolve) => coming.addEventListener('statechange', resolve, { once: true }))
  return registration?.waiting
}

/** Says as long as the page lives of which build it is, so that the service worker does not delete its files. */
function holdBuild(): void {
  const script = document.querySelector<HTMLScriptElement>('script[type=module][src]')
  if (script === null) return
  void navigator.locks.request(`${BUILD_LOCK}${script.src}`, { mode: 'shared' }, () => new Promise(() => undefined))
}

/** @param onUpdate - A newer version is there whole, and waits for the pages of this one to go. */
function followUpdates(registration: ServiceWorkerRegistration, onUpdate: () => void): void {
  const follow = (worker: ServiceWorker | null) => {
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && registration.active !== null) onUpdate()
    })
  }
  if (registration.waiting !== null) onUpdate()
  follow(registration.installing)
  registration.addEventListener('updatefound', () => follow(registration.installing))
  let checkedAt = Date.now()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' || Date.now() - checkedAt < UPDATE_CHECK_MS) return
    checkedAt = Date.now()
    registration.update().catch(() => undefined) // there is no network
  })
}
