import { createServedEngine, describeServedModel } from '../client/served-engine.ts'
import type { Engine } from '../core/engine.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { embeddedModel } from '../core/models/model-list.ts'
import { createModelLoader, type ModelLoader } from '../state/model-loader.ts'

/** What chats that want the same model have in common: it is downloaded once, and loaded once. */
export interface SharedEngine {
  readonly engine: Engine
  readonly loader: ModelLoader
  /** Loads the model, unless that has begun. */
  load(): void
  /** To be called once by each that got it; an engine that nobody has any more ends. */
  release(): void
}

export interface EngineWish {
  /** An engine that the page brings; it stays the page's own. Undefined for one of ours. */
  readonly engine: Engine | undefined
  /** What it runs, by its name or described; undefined for what a brought engine tells of itself, or the embedded model. */
  readonly model: string | ModelDescription | undefined
  /** Where the files are served; undefined for the default. */
  readonly assets: string | undefined
}

/** How long an engine waits for another chat before it ends, milliseconds: pages of one application take each other's place. */
const LINGERS_MS = 10_000

interface Kept {
  readonly engine: Engine
  readonly loader: ModelLoader
  readonly source: (signal: AbortSignal) => Promise<ModelDescription>
  users: number
  ending: ReturnType<typeof setTimeout> | undefined
}

const ours = new Map<string, Kept>()
const brought = new WeakMap<Engine, Map<string, Kept>>()

export function shareEngine(wish: EngineWish): SharedEngine {
  const { engine, assets } = wish
  const model = wish.model ?? (engine === undefined ? embeddedModel.id : undefined) // named or not, it is one engine
  const key = JSON.stringify([model, assets])
  const all = engine === undefined ? ours : (brought.get(engine) ?? new Map<string, Kept>())
  if (engine !== undefined) brought.set(engine, all)
  const kept = all.get(key) ?? keep({ engine, model, assets })
  all.set(key, kept)
  kept.users += 1
  clearTimeout(kept.ending)
  let isReleased = false
  return {
    engine: kept.engine,
    loader: kept.loader,
    load() {
      if (kept.loader.model.get().status === 'none') void kept.loader.load(kept.source)
    },
    release() {
      if (isReleased) return
      isReleased = true
      kept.users -= 1
      if (kept.users > 0) return
      kept.ending = setTimeout(() => {
        all.delete(key)
        kept.loader.dispose()
        if (engine === undefined) kept.engine.dispose()
      }, LINGERS_MS)
    },
  }
}

function keep({ engine: given, model, assets }: EngineWish): Kept {
  const engine =
    given ??
    createServedEngine({ ...(model === undefined ? {} : { model }), ...(assets === undefined ? {} : { assets }) })
  async function source(signal: AbortSignal): Promise<ModelDescription> {
    const wanted = model ?? (await given?.describe?.(signal)) ?? embeddedModel.id
    return typeof wanted === 'string' ? describeServedModel(wanted, assets, signal) : wanted
  }
  return { engine, loader: createModelLoader(engine), source, users: 0, ending: undefined }
}
