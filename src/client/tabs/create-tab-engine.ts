import { createEngineStates } from '../../core/engine-states.ts'
import { ReflectionError } from '../../core/errors.ts'
import { randomId } from '../../core/random-id.ts'
import { isHallMessage, TAB_PROTOCOL, type HallMessage } from '../../protocol/hall-messages.ts'
import type { LocalEngine } from '../create-engine.ts'
import { createEngineDesk, type EngineDesk } from './engine-desk.ts'
import type { ServedTab } from './serve-tab.ts'

/** How long the tab with the engine may be silent when it should answer, before another one takes over, milliseconds. */
const PATIENCE_MS = 15_000

/** Tabs that one engine serves; who opens more than that many is no person. */
const MOST_TABS = 64

export interface TabEngineOptions {
  /** Makes the engine; called in the tab that has it, and anew where a tab gets it again. */
  readonly open: () => LocalEngine
  /** Names this build of the page, such as the address of its script: tabs of another build have an engine of their own. */
  readonly build: string
  /** Default: 15,000. */
  readonly patienceMs?: number
}

/** What this tab is at the moment. */
interface Place {
  readonly engine: LocalEngine
  /** Ends it; what waits rejects with the reason. */
  readonly end: (reason: ReflectionError) => void
}

/**
 * The engine that all tabs of a site have together. The tab that holds a Web Lock has it, and serves the others over BroadcastChannels;
 * when it is closed, crashes or is silent for too long, another one takes its place, and what went on there rejects with
 * `engine-moved`. In a browser without locks or channels every tab has its own.
 */
export function createTabEngine({ open, build, patienceMs = PATIENCE_MS }: TabEngineOptions): LocalEngine {
  const { locks } = (globalThis.navigator ?? {}) as { locks?: LockManager } // only in secure contexts
  if (locks === undefined || !('BroadcastChannel' in globalThis)) return open()
  return shareEngine({ open, build, patienceMs }, locks)
}

function shareEngine({ open, build, patienceMs }: Required<TabEngineOptions>, locks: LockManager): LocalEngine {
  const scope = `second-thought.engine/${TAB_PROTOCOL}/${build}`
  const states = createEngineStates({ status: 'starting' })
  let place: Place | undefined
  let unsubscribe = () => {}
  let waiting: { resolve: (engine: LocalEngine) => void; reject: (error: ReflectionError) => void }[] = []
  let life = new AbortController() // from joining the others to leaving them
  let served = new Map<string, ServedTab>() // tabs that use the engine of this one
  let isDisposed = false

  /** The engine from now on. What was asked for meanwhile goes there. */
  function settle(next: Place): void {
    place = next
    unsubscribe = next.engine.subscribe(states.set)
    if (next.engine.state.status !== states.current.status) states.set(next.engine.state)
    const asked = waiting
    waiting = []
    for (const { resolve } of asked) resolve(next.engine)
  }

  /** No engine for the moment. */
  function unsettle(reason: ReflectionError): void {
    const before = place
    if (before === undefined) return
    place = undefined
    unsubscribe()
    before.end(reason)
    states.set({ status: 'lost', error: reason })
    if (!isDisposed) states.set({ status: 'starting' })
  }

  function engine(): Promise<LocalEngine> {
    if (isDisposed) return Promise.reject(ended())
    if (place !== undefined) return Promise.resolve(place.engine)
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }

  function join(): void {
    life = new AbortController()
    const { signal } = life
    const tab = randomId()
    const nameOf = (which: string) => `${scope}/${which}`
    const lineOf = (leader: string, other: string) => new BroadcastChannel(`${scope}/${leader}/${other}`)
    const untilLeft = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    const hall = new BroadcastChannel(scope)
    const mine = new Map<string, ServedTab>()
    served = mine
    const queueing = new AbortController()
    let desk: EngineDesk | undefined // while this tab has the engine
    let leader: string | undefined
    let patience: ReturnType<typeof setTimeout> | undefined

    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    const say = (message: HallMessage) => hall.postMessage(message)

    /** Has the engine until it leaves, or until another tab takes it. */
    async function lead(): Promise<void> {
      if (signal.aborted) return
      clearTimeout(patience)
      queueing.abort()
      leader = tab
      unsettle(moved())
      const own = createEngineDesk(open())
      desk = own
      settle({ engine: own.join(), end: (reason) => own.end(reason) })
      say({ type: 'lead', tab })
      await untilLeft
    }

    /** Asks for the lock of the tab that has the engine. */
    async function hold(options: LockOptions, onRefused = () => {}): Promise<void> {
      let isMine = false
      try {
        await locks.request(nameOf('leader'), options, (lock) => {
          isMine = lock !== null
          return isMine ? lead() : onRefused()
        })
      } catch {
        // Another tab took it, as this one was silent for too long; or the page may hold no locks, and has an engine of its own.
        if (isMine) stepDown()
        else if (options.ifAvailable === true) await lead()
      }
    }

    function stepDown(): void {
      if (signal.aborted) return
      leave(moved())
      join()
    }

    async function serve(other: string): Promise<void> {
      const part = await import('./serve-tab.ts').catch(() => undefined)
      if (part === undefined || desk === undefined || signal.aborted) return // the other tab will have its own
      const known = mine.get(other)
      if (known === undefined && mine.size >= MOST_TABS) return
      const line = known ?? part.serveTab(desk.join(), lineOf(tab, other))
      if (known === undefined) {
        mine.set(other, line)
        void whenGone(other).then(() => {
          mine.delete(other)
          line.close()
        })
      }
      line.greet()
      say({ type: 'lead', tab })
    }

    /** Resolves when a tab is closed or has crashed, which gives back the lock that it holds as long as it lives. */
    async function whenGone(other: string): Promise<void> {
      await locks.request(nameOf(other), { signal }, () => undefined).catch(() => undefined)
    }

    async function follow(other: string): Promise<void> {
      if (leader === other || !(await isLeader(other))) return
      const part = await import('./borrow-engine.ts').catch(() => undefined)
      if (leader === other || desk !== undefined || signal.aborted) return // meanwhile
      if (part === undefined) return lead() // with an engine of its own, as it cannot reach the other one
      leader = other
      clearTimeout(patience)
      unsettle(moved())
      const borrowed = part.borrowEngine(lineOf(other, tab), { patienceMs, onSilent: takeOver })
      settle({ engine: borrowed, end: (reason) => borrowed.end(reason) })
      say({ type: 'seek', tab })
    }

    /** Takes the engine from a tab that does not answer. */
    function takeOver(): void {
      if (!signal.aborted && desk === undefined) void hold({ steal: true })
    }

    /** Whether a tab has the engine that says so. */
    async function isLeader(other: string): Promise<boolean> {
      const { held = [] } = await locks.query()
      const holderOf = (which: string) => held.find(({ name }) => name === nameOf(which))?.clientId
      return holderOf(other) !== undefined && holderOf(other) === holderOf('leader')
    }

    hall.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!isHallMessage(data) || data.tab === tab) return
      if (data.type === 'seek' && desk !== undefined) void serve(data.tab)
      if (data.type === 'lead' && desk === undefined) void follow(data.tab)
    })
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(patience)
        queueing.abort()
        for (const line of mine.values()) line.close()
        mine.clear()
        hall.close()
      },
      { once: true },
    )

    void locks.request(nameOf(tab), () => untilLeft).catch(() => undefined)
    void hold({ ifAvailable: true }, () => {
      void hold({ signal: queueing.signal })
      patience = setTimeout(takeOver, patienceMs)
      say({ type: 'seek', tab })
    })
  }

  function leave(reason: ReflectionError): void {
    unsettle(reason)
    life.abort(reason)
  }

  function comeBack(): void {
    if (life.signal.aborted && !isDisposed) join()
  }

  // A page that may be shown again as it was holds nothing meanwhile, as the others could wait for it for ever.
  globalThis.addEventListener('pagehide', () => leave(moved()))
  globalThis.addEventListener('pageshow', comeBack)
  // One that is frozen answers nobody; by itself it goes on where it was. These events are the document's.
  globalThis.addEventListener('freeze', () => served.size > 0 && leave(moved()), { capture: true })
  globalThis.addEventListener('resume', comeBack, { capture: true })
  join()

  return {
    get state() {
      return states.current
    },
    subscribe: states.subscribe,
    capabilities: async () => (await engine()).capabilities(),
    load: async (model, options) => (await engine()).load(model, options),
    generate: async (request, sink, control) => (await engine()).generate(request, sink, control),
    async prepare(request) {
      await place?.engine.prepare(request)
    },
    countTokens: async (text) => (await engine()).countTokens(text),
    unload: async () => (await engine()).unload(),
    storedBytes: async (model, kind) => (await engine()).storedBytes(model, kind),
    deleteStored: async (model) => (await engine()).deleteStored(model),
    storage: {
      models: async () => (await engine()).storage.models(),
      verify: async (folderUrl, onProgress) => (await engine()).storage.verify(folderUrl, onProgress),
      delete: async (folderUrl) => (await engine()).storage.delete(folderUrl),
      export: async (folderUrl) => (await engine()).storage.export(folderUrl),
      describe: async (files) => (await engine()).storage.describe(files),
      import: async (files, onProgress) => (await engine()).storage.import(files, onProgress),
    },
    stats: async () => (await engine()).stats(),
    dispose() {
      isDisposed = true
      leave(ended())
      for (const { reject } of waiting) reject(ended())
      waiting = []
    },
  }
}

function moved(): ReflectionError {
  return new ReflectionError(
    'engine-moved',
    'The tab that ran the engine was closed or stopped; another one goes on. What was written stays.',
  )
}

function ended(): ReflectionError {
  return new ReflectionError('worker-died', 'The engine was ended by the page.')
}
