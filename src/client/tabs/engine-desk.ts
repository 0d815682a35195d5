import type {
  EngineChoice,
  EngineState,
  GenerateControl,
  LoadedModel,
  LoadOptions,
  LoadProgress,
  PrepareRequest,
  WaitReason,
} from '../../core/engine.ts'
import { createEngineStates } from '../../core/engine-states.ts'
import { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { LocalEngine } from '../create-engine.ts'
import { createPairedSink } from '../paired-sink.ts'

/**
 * One engine for several tabs. Their runs and loads take turns, tab by tab. A model that a tab wants and that is there, or is being
 * loaded, is not loaded again. Where tabs want different models, the engine changes between two turns, never under a reply: the tabs whose
 * model had to go are told (`displacedBy`), and get it back with their next run.
 */
export interface EngineDesk {
  /** An engine for one more tab; `dispose` gives the place up and stops what the tab has asked for. */
  join(): LocalEngine
  /** Ends the engine itself; what tabs wait for rejects with the reason. */
  end(reason: ReflectionError): void
}

/** A model, and what it shall run on. */
interface Wanted {
  readonly model: ModelDescription
  readonly choice: EngineChoice | undefined
  /** Equal for what is the same in the engine. */
  readonly key: string
}

/** Something that needs the engine for itself. */
interface Turn {
  readonly tab: Tab
  readonly begin: () => Promise<void>
  readonly tell: (reason: WaitReason | undefined) => void
  /** What was told last. */
  told: WaitReason | undefined
}

interface Tab {
  /** Those that wait, in the order of their calls. */
  readonly turns: Turn[]
  /** Fires when the tab has gone; the reason is a `ReflectionError`. */
  readonly gone: AbortController
  readonly set: (state: EngineState) => void
  /** Absent while it has no model. */
  wanted: Wanted | undefined
  /** That wait or go on. */
  runs: number
}

/** A load that waits for its turn or goes on, for all tabs that asked for it. */
interface SharedLoad {
  readonly done: Promise<LoadedModel>
  readonly askers: Set<LoadOptions>
  readonly control: AbortController
  progress?: LoadProgress
  wait?: WaitReason | undefined
}

/** @param engine Nobody else may use it. */
export function createEngineDesk(engine: LocalEngine): EngineDesk {
  const tabs = new Set<Tab>() // the one whose turn was last stands at the end
  const loads = new Map<string, SharedLoad>() // by key
  let here: (Wanted & { readonly loaded: LoadedModel }) | undefined // the model in the engine
  let coming: Wanted | undefined // the one that is being loaded
  let going: { readonly turn: Turn; isLoading: boolean } | undefined
  let ahead: { readonly tab: Tab; readonly request: PrepareRequest } | undefined // what shall be read once nobody asks

  engine.subscribe((state) => {
    if (state.status === 'lost') {
      const lost = here?.key
      here = undefined
      for (const tab of tabs) {
        if (lost === undefined || tab.wanted?.key !== lost) continue
        tab.wanted = undefined
        tab.set(state)
      }
    }
    if (state.status !== 'starting' && state.status !== 'idle') return
    for (const tab of tabs) if (tab.wanted === undefined) tab.set(state)
  })

  function inTurn<Value>(
    tab: Tab,
    work: () => Promise<Value>,
    { signal, onWait }: { signal: AbortSignal; onWait?: ((reason: WaitReason | undefined) => void) | undefined },
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const turn: Turn = {
        tab,
        begin: () => {
          signal.removeEventListener('abort', leave)
          return work().then(resolve, reject)
        },
        tell: (reason) => onWait?.(reason),
        told: undefined,
      }
      const leave = () => {
        tab.turns.splice(tab.turns.indexOf(turn), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      tab.turns.push(turn)
      next()
    })
  }

  function next(): void {
    const tab = going === undefined ? [...tabs].find(({ turns }) => turns.length > 0) : undefined
    const turn = tab?.turns.shift()
    if (tab !== undefined && turn !== undefined) {
      tabs.delete(tab)
      tabs.add(tab)
      const mine = { turn, isLoading: false }
      going = mine
      tell(turn, undefined)
      void turn.begin().finally(() => {
        going = undefined
        next()
      })
    }
    tellAll()
    if (going === undefined && ahead !== undefined) void readAhead()
  }

  async function readAhead(): Promise<void> {
    const { tab, request } = ahead ?? {}
    if (going !== undefined || here === undefined || tab?.wanted?.key !== here.key) return // no reason to load another model
    ahead = undefined
    if (request !== undefined) await engine.prepare(request)
  }

  function tellAll(): void {
    if (going === undefined) return
    const { turn, isLoading } = going
    for (const tab of tabs) {
      for (const waiting of tab.turns) {
        tell(waiting, isLoading ? 'model' : turn.tab === tab ? 'reply-here' : 'reply-elsewhere')
      }
    }
  }

  function tell(turn: Turn, reason: WaitReason | undefined): void {
    if (turn.told === reason) return
    turn.told = reason
    turn.tell(reason)
  }

  /** Brings a model into the engine, for whoever has the turn. */
  async function bring(wanted: Wanted, options: LoadOptions): Promise<LoadedModel> {
    if (here?.key === wanted.key) return here.loaded
    options.signal?.throwIfAborted()
    const mine = going
    if (mine !== undefined) mine.isLoading = true
    tellAll()
    here = undefined
    coming = wanted
    for (const tab of tabs) if (tab.wanted !== undefined && tab.wanted.key !== wanted.key) tab.set(settled(tab))
    try {
      const { choice } = wanted
      const loaded = await engine.load(wanted.model, { ...options, ...(choice !== undefined && { engine: choice }) })
      here = { ...wanted, loaded }
      return loaded
    } finally {
      coming = undefined
      // Whatever came of it: one that failed takes nobody's place.
      for (const tab of tabs) if (tab.wanted !== undefined && tab.runs === 0) tab.set(settled(tab))
      if (mine !== undefined) mine.isLoading = false
      tellAll()
    }
  }

  /** The state of a tab that has a model, be it in the engine or not. */
  function settled({ wanted, runs }: Tab): EngineState {
    const modelId = wanted?.model.id ?? ''
    if (runs > 0) return { status: 'running', modelId }
    const other = coming ?? here
    if (other === undefined || other.key === wanted?.key) return { status: 'ready', modelId }
    return { status: 'ready', modelId, displacedBy: other.model.name }
  }

  /** Loads for a tab, together with all that want the same. */
  function share(
    tab: Tab,
    wanted: Wanted,
    asker: LoadOptions & { readonly signal: AbortSignal },
  ): Promise<LoadedModel> {
    const load = loads.get(wanted.key) ?? begin(tab, wanted)
    load.askers.add(asker)
    if (load.progress !== undefined) asker.onProgress?.(load.progress)
    if (load.wait !== undefined) asker.onWait?.(load.wait)
    return new Promise((resolve, reject) => {
      const leave = () => {
        load.askers.delete(asker)
        reject(asker.signal.reason as Error)
        if (load.askers.size === 0) load.control.abort(asker.signal.reason)
      }
      asker.signal.addEventListener('abort', leave, { once: true })
      load.done.then(resolve, reject).finally(() => asker.signal.removeEventListener('abort', leave))
    })
  }

  function begin(tab: Tab, wanted: Wanted): SharedLoad {
    const control = new AbortController()
    const askers = new Set<LoadOptions>()
    const { signal } = control
    const onProgress = (progress: LoadProgress) => {
      load.progress = progress
      for (const asker of askers) asker.onProgress?.(progress)
    }
    const onWait = (reason: WaitReason | undefined) => {
      load.wait = reason
      for (const asker of askers) asker.onWait?.(reason)
    }
    const done = Promise.resolve().then(() =>
      inTurn(tab, () => bring(wanted, { signal, onProgress }), { signal, onWait }),
    )
    const load: SharedLoad = { done, askers, control }
    loads.set(wanted.key, load)
    const forget = () => {
      if (loads.get(wanted.key) === load) loads.delete(wanted.key)
    }
    done.then(forget, forget)
    signal.addEventListener('abort', forget, { once: true }) // whoever wants it from now on begins anew
    return load
  }

  function join(): LocalEngine {
    const states = createEngineStates(engine.state.status === 'starting' ? engine.state : { status: 'idle' })
    const tab: Tab = {
      turns: [],
      gone: new AbortController(),
      wanted: undefined,
      runs: 0,
      set: states.set,
    }
    tabs.add(tab)

    function requireWanted(): Wanted {
      tab.gone.signal.throwIfAborted()
      if (tab.wanted !== undefined) return tab.wanted
      throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
    }

    /** Fires when the caller wants it, or the tab has gone. */
    function stoppedBy(signal: AbortSignal | undefined): AbortSignal {
      return signal === undefined ? tab.gone.signal : AbortSignal.any([signal, tab.gone.signal])
    }

    async function load(model: ModelDescription, options: LoadOptions = {}): Promise<LoadedModel> {
      const signal = stoppedBy(options.signal)
      signal.throwIfAborted()
      const since = performance.now()
      const wanted = { model, choice: options.engine, key: keyOf(model, options.engine) }
      if (here?.key === wanted.key) {
        tab.wanted = wanted
        tab.set(settled(tab))
        return { ...here.loaded, seconds: (performance.now() - since) / 1000, downloadedBytes: 0 }
      }
      const isNew = !loads.has(wanted.key)
      tab.wanted = undefined
      tab.set({ status: 'loading', modelId: model.id })
      try {
        const loaded = await share(tab, wanted, { ...options, signal })
        tab.wanted = wanted
        tab.set(settled(tab))
        if (isNew) return loaded
        return { ...loaded, seconds: (performance.now() - since) / 1000, downloadedBytes: 0 }
      } catch (error) {
        if (states.current.status === 'loading')
          tab.set(engine.state.status === 'starting' ? engine.state : { status: 'idle' })
        throw error
      }
    }

    async function generate(
      request: Parameters<LocalEngine['generate']>[0],
      sink: Parameters<LocalEngine['generate']>[1],
      { signal: stop, answerNow, onWait }: GenerateControl = {},
    ) {
      const signal = stoppedBy(stop)
      signal.throwIfAborted()
      const wanted = requireWanted()
      const { id: modelId } = wanted.model
      const paired = createPairedSink(sink)
      const stopping = () => {
        if (tab.runs === 1) tab.set({ status: 'stopping', modelId })
      }
      tab.runs += 1
      tab.set({ status: 'running', modelId })
      signal.addEventListener('abort', stopping, { once: true })
      try {
        const run = async () => {
          const isAway = here?.key !== wanted.key
          if (isAway) onWait?.('model')
          await bring(wanted, { signal })
          if (isAway) onWait?.(undefined)
          return engine.generate(request, paired.send, { signal, ...(answerNow !== undefined && { answerNow }) })
        }
        return await inTurn(tab, run, { signal, onWait })
      } catch (error) {
        tab.gone.signal.throwIfAborted()
        throw error
      } finally {
        signal.removeEventListener('abort', stopping)
        paired.close()
        tab.runs -= 1
        if (tab.wanted === wanted) tab.set(settled(tab))
      }
    }

    return {
      get state() {
        return states.current
      },
      subscribe: states.subscribe,
      capabilities: () => engine.capabilities(),
      load,
      generate,
      async prepare(request) {
        ahead = { tab, request }
        await readAhead()
      },
      async countTokens(text) {
        const wanted = requireWanted()
        if (here?.key === wanted.key) return engine.countTokens(text)
        const { signal } = tab.gone
        const count = async () => {
          await bring(wanted, { signal })
          return engine.countTokens(text)
        }
        return inTurn(tab, count, { signal })
      },
      async unload() {
        const key = tab.wanted?.key
        tab.wanted = undefined
        tab.set({ status: 'idle' })
        const release = async () => {
          const isWanted = [...tabs].some(({ wanted }) => wanted?.key === key)
          if (isWanted || here?.key !== key) return
          here = undefined
          await engine.unload()
        }
        if (key !== undefined) await inTurn(tab, release, { signal: tab.gone.signal })
      },
      storedBytes: (model, kind) => engine.storedBytes(model, kind),
      deleteStored: (model) => engine.deleteStored(model),
      storage: engine.storage,
      stats: () => engine.stats(),
      dispose() {
        goodbye(tab, new ReflectionError('worker-died', 'The engine was ended by the page.'))
      },
    }
  }

  function goodbye(tab: Tab, reason: ReflectionError): void {
    if (tab.gone.signal.aborted) return
    tab.gone.abort(reason)
    tabs.delete(tab)
    const [other] = tabs
    other?.turns.unshift(...tab.turns.splice(0)) // loads that others want as well
    next()
    tab.wanted = undefined
    tab.set({ status: 'lost', error: reason })
  }

  return {
    join,
    end(reason) {
      for (const tab of tabs) goodbye(tab, reason)
      engine.dispose()
    },
  }
}

function keyOf({ id, revision, folderUrl }: ModelDescription, choice: EngineChoice = 'auto'): string {
  return JSON.stringify([id, revision, folderUrl, choice])
}
