import { atom, computed, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { Capabilities, Engine, EngineChoice } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import { bestModel, mayBeTooLarge, type Fit } from '../core/models/check-fit.ts'
import { chooseEngine, type ChosenEngine } from '../core/models/choose-engine.ts'
import { choosePlace, type ChosenPlace } from '../core/models/choose-place.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { embeddedModel, listedModelIds, prebuiltModels, suppliedModels } from '../core/models/model-list.ts'
import { nameSuppliedModel } from '../core/models/supplied-name.ts'
import type { AddProblem, ResolveModel } from './find-added-model.ts'
import type { ModelLoader, ModelState } from './model-loader.ts'
import type { Preferences } from './preferences.ts'

/** A model that can be chosen, and what is known about it on this device. */
export interface CatalogEntry {
  /**
   * Finds it again: the id of a listed model, the address of a manifest or of a GGUF file, `<id>@<folder>` of a model whose weights the user
   * brings, or `server:…` of one on a server.
   */
  readonly name: string
  readonly origin: ModelDescription['origin']
  /** Absent until its manifest was read, and when it cannot be read. */
  readonly model?: ModelDescription
  /** Why its manifest cannot be read. */
  readonly error?: ReflectionError
  /** What it runs on here, and why; absent until both model and device are known. */
  readonly engine?: ChosenPlace
  /** Whether it can run on that. */
  readonly fit?: Fit
  /** Bytes of its files on this device; absent until they were counted. */
  readonly storedBytes?: number
  /** The loader's status, if this is the model that it loads or has loaded; otherwise absent. */
  readonly loading?: Exclude<ModelState['status'], 'none'>
  /** Whether it is the best listed model that runs on this device, if any surely has room there; models that the user added are not ranked. */
  readonly isBest: boolean
}

/** The models that can be chosen. It lives as long as its loader. */
export interface ModelCatalog {
  /** The embedded model, the prebuilt ones from the least to the best, then those that the user added. */
  readonly entries: ReadableAtom<readonly CatalogEntry[]>
  /** What the device can do, with the storage that is used and the quota; absent until the first `refresh`. */
  readonly device: ReadableAtom<Capabilities | undefined>
  /** Why the last `refresh` failed; absent when it did not. */
  readonly problem: ReadableAtom<ReflectionError | undefined>
  /** Looks at the device, reads the manifests that are still missing, and counts stored bytes. Never rejects. */
  refresh(): Promise<void>
  /**
   * Makes a model the user's choice and loads it; the loader tells the progress. Never rejects.
   * @param options.anyway - Loads it even if it does not fit the device.
   */
  choose(entry: CatalogEntry, options?: { readonly anyway?: boolean }): Promise<void>
  /** Deletes what is stored of a model. @throws {ReflectionError} `storage-unreadable`, `worker-died`. */
  deleteStored(entry: CatalogEntry): Promise<void>
  /**
   * Adds the model of the address of a manifest or of a GGUF file, or of `<id of a supplied model>@<address of its folder or repository>`.
   * @returns The name of the model, or why it was not added. Never rejects.
   */
  add(text: string): Promise<{ readonly problem: AddProblem } | { readonly added: string }>
  /**
   * Adds a model of which nothing has to be fetched: its files are on this device already, or it runs on a server. One that is in the
   * catalog stays as it is.
   * @param name - Finds it again. Default: the address of its manifest.
   */
  adopt(model: ModelDescription, name?: string): Promise<void>
  /** What a model would run on here, and how it fits; undefined until the device is known. */
  judge(model: ModelDescription): ChosenEngine | undefined
  /** Removes a model that the user added, and deletes what is stored of it. @throws As `deleteStored`. */
  remove(name: string): Promise<void>
}

/** What a catalog is made of. */
export interface ModelCatalogParts {
  readonly engine: Engine
  readonly loader: ModelLoader
  readonly preferences: WritableAtom<Preferences>
  /** What models run on. Default: `auto`. */
  readonly choice?: ReadableAtom<EngineChoice>
  readonly resolve: ResolveModel
  /** The model that this visit begins with, whatever the user chose. Default: what the user chose. */
  readonly named?: string | undefined
  /** The user chooses a model. */
  readonly onChosen?: () => void
}

/** What is known about one model. */
interface Finding {
  readonly model?: ModelDescription
  readonly error?: ReflectionError
  readonly storedBytes?: number
}

/** Makes the catalog over an engine; nothing is looked at before the first `refresh`. */
export function createModelCatalog({
  engine,
  loader,
  preferences,
  choice = atom('auto'),
  resolve,
  named,
  onChosen,
}: ModelCatalogParts): ModelCatalog {
  const $device = atom<Capabilities | undefined>(undefined)
  const $problem = atom<ReflectionError | undefined>(undefined)
  const $findings = atom<ReadonlyMap<string, Finding>>(new Map(prebuiltModels.map((model) => [model.id, { model }])))
  const $names = computed(preferences, namesOf)
  const $loading = computed(loader.model, loadingOf)
  const $entries = computed([$names, $findings, $device, $loading, choice], entriesOf)
  const looks = new Map<string, number>() // by name: only the latest look at a model may tell
  let chosen = named ?? preferences.get().model ?? embeddedModel.id // what the loader has before it knows its description
  let wasLooked = false

  loader.model.listen(({ status }) => {
    if (status !== 'loading' && wasLooked) void refresh() // files came, and the rest of the storage changed
  })

  /** What the entries need of the loader's state, as one text: equal texts keep progress from making all entries anew. */
  function loadingOf(state: ModelState): string {
    if (state.status === 'none') return ''
    return `${state.status} ${state.model?.folderUrl ?? ''} ${chosen}`
  }

  function entriesOf(
    names: string,
    findings: ReadonlyMap<string, Finding>,
    device: Capabilities | undefined,
    loading: string,
    wanted: EngineChoice,
  ): CatalogEntry[] {
    const chosenFor = (model: ModelDescription, on: Capabilities, bytes = 0) =>
      choosePlace(model, on, wanted, { gpu: bytes, processor: bytes })
    const { status } = loader.model.get()
    const [, folder = ''] = loading.split(' ')
    const ranked = listedModelIds.flatMap((name) => findings.get(name)?.model ?? [])
    const stored = new Map([...findings.values()].map((finding) => [finding.model, finding.storedBytes ?? 0]))
    const storedOf = (model: ModelDescription) => stored.get(model) ?? 0
    const fitOf = (...parameters: Parameters<typeof chosenFor>) => chosenFor(...parameters).fit
    const best = device === undefined ? undefined : bestModel(ranked, device, storedOf, fitOf)
    const entryOf = (name: string): CatalogEntry => {
      const finding = findings.get(name) ?? {}
      const { model, storedBytes } = finding
      const runsOn = model && device && chosenFor(model, device, storedBytes)
      const isMeant = folder === '' ? name === chosen : folder === model?.folderUrl
      return {
        name,
        origin: originOf(name),
        ...finding,
        ...(runsOn && { engine: runsOn, fit: runsOn.fit }),
        ...(isMeant && status !== 'none' && { loading: status }),
        isBest: best !== undefined && best === model && !mayBeTooLarge(runsOn?.fit),
      }
    }
    return names.split('\n').map(entryOf)
  }

  function note(name: string, finding: Finding): void {
    $findings.set(new Map($findings.get()).set(name, finding))
  }

  async function refresh(): Promise<void> {
    wasLooked = true
    try {
      const names = $names.get().split('\n')
      await Promise.all([engine.capabilities().then((device) => $device.set(device)), ...names.map(look)])
      $problem.set(undefined)
    } catch (error) {
      $problem.set(ReflectionError.from(error))
    }
  }

  /** Reads the manifest of a model, if need be, and counts what is stored of it. */
  async function look(name: string): Promise<void> {
    const mine = (looks.get(name) ?? 0) + 1
    looks.set(name, mine)
    const tell = (finding: Finding) => {
      if (looks.get(name) === mine) note(name, finding)
    }
    let { model } = $findings.get().get(name) ?? {}
    if (model === undefined) {
      try {
        model = await resolve(name)
      } catch (error) {
        tell({ error: ReflectionError.from(error) })
        return
      }
      tell({ model })
    }
    const storedBytes = await engine.storedBytes(model)
    tell({ model, storedBytes })
    const state = loader.model.get()
    const isPaused = state.status === 'paused' && state.model.folderUrl === model.folderUrl
    if (isPaused && storedBytes === 0 && state.progress.share > 0) loader.cancel() // someone deleted what it would go on with
  }

  async function deleteFiles(name: string): Promise<void> {
    const { model } = $findings.get().get(name) ?? {}
    if (model !== undefined) await engine.deleteStored(model)
  }

  async function add(text: string): Promise<{ problem: AddProblem } | { added: string }> {
    const found = await import('./find-added-model.ts').then(
      ({ findAddedModel }) => findAddedModel(text, resolve),
      (error: unknown) => ({ problem: { reason: 'invalid', error: ReflectionError.from(error) } }) as const,
    )
    if ('problem' in found) return found
    const { name, model } = found
    const known = $entries.get().find((entry) => entry.model?.folderUrl === model.folderUrl || entry.name === name)
    if (known !== undefined) return { problem: { reason: 'known', name: known.model?.name ?? model.name } }
    note(name, { model })
    const { addedModels } = preferences.get()
    preferences.set({ ...preferences.get(), addedModels: [...addedModels, name] })
    await look(name).catch((error: unknown) => $problem.set(ReflectionError.from(error)))
    return { added: model.name }
  }

  async function adopt(model: ModelDescription, known?: string): Promise<void> {
    const isKnown = $entries.get().some((entry) => entry.model?.folderUrl === model.folderUrl)
    if (!isKnown) {
      const isSupplied = suppliedModels.some(({ id }) => id === model.id)
      const address = isSupplied ? nameSuppliedModel(model) : new URL('manifest.json', model.folderUrl).href
      const name = known ?? address
      note(name, { model })
      const { addedModels } = preferences.get()
      preferences.set({ ...preferences.get(), addedModels: [...new Set([...addedModels, name])] })
    }
    await refresh()
  }

  return {
    entries: $entries,
    device: $device,
    problem: $problem,
    refresh,
    async choose({ name, model }, options) {
      chosen = name
      onChosen?.()
      preferences.set({ ...preferences.get(), model: name })
      await loader.load(model ?? ((signal) => resolve(name, signal)), options)
    },
    async deleteStored({ name }) {
      await deleteFiles(name)
      await refresh()
    },
    add,
    adopt,
    judge(model) {
      const device = $device.get()
      return device && chooseEngine(model, device, choice.get())
    },
    async remove(name) {
      await deleteFiles(name)
      const { model, ...others } = preferences.get()
      const addedModels = others.addedModels.filter((added) => added !== name)
      preferences.set({ ...others, ...(model !== undefined && model !== name && { model }), addedModels })
      const findings = new Map($findings.get())
      findings.delete(name)
      $findings.set(findings)
      await refresh()
    },
  }
}

/** The names of all models as one text: equal texts keep other preferences from making all entries anew. */
function namesOf({ addedModels }: Preferences): string {
  return [...new Set([...listedModelIds, ...addedModels])].join('\n')
}

function originOf(name: string): ModelDescription['origin'] {
  if (name === embeddedModel.id) return 'embedded'
  return prebuiltModels.some(({ id }) => id === name) ? 'prebuilt' : 'user'
}
