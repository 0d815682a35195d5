import { atom, computed, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { Capabilities, Engine } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import { bestModel, checkFit, type Fit } from '../core/models/check-fit.ts'
import { checkModelFolder } from '../core/models/check-model-folder.ts'
import { describeSuppliedModel } from '../core/models/describe-supplied-model.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { embeddedModel, prebuiltModels, suppliedModels } from '../core/models/model-list.ts'
import { nameSuppliedModel, splitSuppliedName, type SuppliedName } from '../core/models/supplied-name.ts'
import type { ModelLoader, ModelState } from './model-loader.ts'
import type { Preferences } from './preferences.ts'
import { browserPlatform, type ShelfPlatform } from './shelf-platform.ts'

/** A model that can be chosen, and all that is known about it here. */
export interface ShelfRow {
  /** By which it is found and remembered: an id of the registry, the address of a manifest, or a supplied model's id and folder. */
  readonly name: string
  readonly origin: ModelDescription['origin']
  /** Absent until its manifest was read, and where that cannot be. */
  readonly model?: ModelDescription
  /** Why its manifest cannot be read. */
  readonly error?: ReflectionError
  /** Absent as long as model or device are not known. */
  readonly fit?: Fit
  /** Absent until they were counted. */
  readonly storedBytes?: number
  /** How it stands with loading it; absent when the loader has to do with another model. */
  readonly loading?: Exclude<ModelState['status'], 'none'>
  /** The best of the registry that fits, or may; models that the user added have no rank. */
  readonly isBest: boolean
}

/** Why a model was not added. */
export type AddProblem =
  /** The text is no address of a web server. */
  | { readonly reason: 'address' }
  /** What stands behind the id of a supplied model is no address of a folder or of a repository. */
  | { readonly reason: 'folder' }
  /** No supplied model has this id. */
  | { readonly reason: 'unknown'; readonly id: string; readonly known: readonly string[] }
  /** There is such a model already, of this name. */
  | { readonly reason: 'known'; readonly name: string }
  /** The Content-Security-Policy of the page does not name this origin. */
  | { readonly reason: 'host'; readonly origin: string }
  | { readonly reason: 'unreachable'; readonly origin: string }
  | { readonly reason: 'refused'; readonly origin: string; readonly status: number }
  /** What is there is no manifest, or not one that can be used; or something else went wrong. */
  | { readonly reason: 'invalid'; readonly error: ReflectionError }
  /** What is in the folder is not the model, converted for WebLLM. */
  | { readonly reason: 'unusable'; readonly error: ReflectionError }

/** The models that can be chosen on this device. It lives as long as its loader. */
export interface ModelShelf {
  /** The embedded model, those of the registry from the least to the best, then those that the user added. */
  readonly rows: ReadableAtom<readonly ShelfRow[]>
  /** Absent until it was looked at; also tells the storage used in all, and the quota. */
  readonly device: ReadableAtom<Capabilities | undefined>
  /** Why the device or what it stores could not be looked at; the last time, if it failed. */
  readonly problem: ReadableAtom<ReflectionError | undefined>
  /** Looks at the device, reads manifests that are not known yet and counts what is stored. Never rejects. */
  refresh(): Promise<void>
  /**
   * Remembers a model and loads it; the loader says how that goes. Never rejects.
   * @param options.anyway - Tries it although the device seems unfit.
   */
  choose(row: ShelfRow, options?: { readonly anyway?: boolean }): Promise<void>
  /** Deletes what is stored of a model. @throws {ReflectionError} `storage-unreadable`, `worker-died`. */
  deleteStored(row: ShelfRow): Promise<void>
  /**
   * Adds the model of a manifest's address, or of `<id of a supplied model>@<address of its folder or repository>`.
   * @returns Why it was not, or its name; never rejects.
   */
  add(text: string): Promise<{ readonly problem: AddProblem } | { readonly added: string }>
  /** Takes a model that the user added off the list, and deletes what is stored of it. @throws As `deleteStored`. */
  remove(name: string): Promise<void>
}

export interface ModelShelfParts {
  readonly engine: Engine
  readonly loader: ModelLoader
  readonly preferences: WritableAtom<Preferences>
  /** Finds a model by the name of its row. @throws {ReflectionError} */
  readonly resolve: (name: string, signal?: AbortSignal) => Promise<ModelDescription>
  /** Default: the browser. */
  readonly platform?: ShelfPlatform
}

/** Downloads from which on the browser is asked to keep them, bytes: losing less is no harm. */
const WORTH_KEEPING = 50e6

/** What was found out about one model. */
interface Finding {
  readonly model?: ModelDescription
  readonly error?: ReflectionError
  readonly storedBytes?: number
}

export function createModelShelf({
  engine,
  loader,
  preferences,
  resolve,
  platform = browserPlatform,
}: ModelShelfParts): ModelShelf {
  const $device = atom<Capabilities | undefined>(undefined)
  const $problem = atom<ReflectionError | undefined>(undefined)
  const $findings = atom<ReadonlyMap<string, Finding>>(new Map(prebuiltModels.map((model) => [model.id, { model }])))
  const $names = computed(preferences, namesOf)
  const $standing = computed(loader.model, standingOf)
  const $rows = computed([$names, $findings, $device, $standing], rowsOf)
  const looks = new Map<string, number>() // by name: only the latest look at a model may tell
  let chosen = preferences.get().model ?? embeddedModel.id // what the loader has before it knows its description
  let wasLooked = false
  let wasKept = false

  loader.model.listen((state) => {
    if (state.status === 'loading') keepDownload(state)
    else if (wasLooked) void refresh() // files came, and the rest of the storage changed
  })

  /** Asked as late as possible: before that there is nothing worth a question. */
  function keepDownload({ progress }: Extract<ModelState, { status: 'loading' }>): void {
    if (wasKept || progress?.phase !== 'download' || (progress.totalBytes ?? 0) <= WORTH_KEEPING) return
    wasKept = true
    platform.persist().catch((error: unknown) => console.warn(error)) // the model works without
  }

  /** Equal texts for equal states, so that progress does not make all rows anew. */
  function standingOf(state: ModelState): string {
    if (state.status === 'none') return ''
    return `${state.status} ${state.model?.folderUrl ?? ''} ${chosen}`
  }

  function rowsOf(
    names: string,
    findings: ReadonlyMap<string, Finding>,
    device: Capabilities | undefined,
    standing: string,
  ): ShelfRow[] {
    const { status } = loader.model.get()
    const [, folder = ''] = standing.split(' ')
    const ranked = [embeddedModel.id, ...prebuiltModels.map(({ id }) => id)].flatMap(
      (name) => findings.get(name)?.model ?? [],
    )
    const stored = new Map([...findings.values()].map((finding) => [finding.model, finding.storedBytes ?? 0]))
    const best = device === undefined ? undefined : bestModel(ranked, device, (model) => stored.get(model) ?? 0)
    const rowOf = (name: string): ShelfRow => {
      const finding = findings.get(name) ?? {}
      const { model, storedBytes } = finding
      const isMeant = folder === '' ? name === chosen : folder === model?.folderUrl
      return {
        name,
        origin: originOf(name),
        ...finding,
        ...(model !== undefined && device !== undefined && { fit: checkFit(model, device, storedBytes) }),
        ...(isMeant && status !== 'none' && { loading: status }),
        isBest: best !== undefined && best === model,
      }
    }
    return names.split('\n').map(rowOf)
  }

  function find(name: string, finding: Finding): void {
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
      if (looks.get(name) === mine) find(name, finding)
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
    tell({ model, storedBytes: await engine.storedBytes(model) })
  }

  async function deleteFiles(name: string): Promise<void> {
    const { model } = $findings.get().get(name) ?? {}
    if (model !== undefined) await engine.deleteStored(model)
  }

  async function add(text: string): Promise<{ problem: AddProblem } | { added: string }> {
    const wanted = wantedOf(text.trim())
    if ('problem' in wanted) return wanted
    const { name, origin, isFolder } = wanted
    const endWatch = platform.watchPolicy(origin)
    let model: ModelDescription
    try {
      model = await resolve(name)
      if (isFolder) await checkModelFolder(model)
    } catch (thrown) {
      const error = ReflectionError.from(thrown)
      const { status } = error.details
      const isBlocked = await endWatch()
      if (error.code !== 'download-failed') return { problem: { reason: isFolder ? 'unusable' : 'invalid', error } }
      if (isBlocked) return { problem: { reason: 'host', origin } }
      if (typeof status === 'number') return { problem: { reason: 'refused', origin, status } }
      return { problem: { reason: 'unreachable', origin } }
    }
    await endWatch()
    const known = $rows.get().find((row) => row.model?.folderUrl === model.folderUrl || row.name === name)
    if (known !== undefined) return { problem: { reason: 'known', name: known.model?.name ?? model.name } }
    find(name, { model })
    const { addedModels } = preferences.get()
    preferences.set({ ...preferences.get(), addedModels: [...addedModels, name] })
    await look(name).catch((error: unknown) => $problem.set(ReflectionError.from(error)))
    return { added: model.name }
  }

  return {
    rows: $rows,
    device: $device,
    problem: $problem,
    refresh,
    async choose({ name, model }, options) {
      chosen = name
      preferences.set({ ...preferences.get(), model: name })
      await loader.load(model ?? ((signal) => resolve(name, signal)), options)
    },
    async deleteStored({ name }) {
      await deleteFiles(name)
      await refresh()
    },
    add,
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

/** One text, so that other changes of the preferences make no rows anew. */
function namesOf({ addedModels }: Preferences): string {
  return [...new Set([embeddedModel.id, ...prebuiltModels.map(({ id }) => id), ...addedModels])].join('\n')
}

function originOf(name: string): ModelDescription['origin'] {
  if (name === embeddedModel.id) return 'embedded'
  return prebuiltModels.some(({ id }) => id === name) ? 'prebuilt' : 'user'
}

/** A model that shall be added, before anything was fetched. */
interface Wanted {
  readonly name: string
  /** Of the server that is asked. */
  readonly origin: string
  /** It has no manifest; its folder has to prove itself. */
  readonly isFolder: boolean
}

function wantedOf(text: string): Wanted | { readonly problem: AddProblem } {
  const supplied = splitSuppliedName(text)
  if (supplied !== undefined) return wantedFolderOf(supplied)
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return { problem: { reason: 'address' } }
  const { href, origin } = new URL(text)
  return { name: href, origin, isFolder: false }
}

function wantedFolderOf({ id, address }: SuppliedName): Wanted | { readonly problem: AddProblem } {
  const model = suppliedModels.find((candidate) => candidate.id === id)
  if (model === undefined) {
    return { problem: { reason: 'unknown', id, known: suppliedModels.map((candidate) => candidate.id) } }
  }
  try {
    const described = describeSuppliedModel(model, address)
    return { name: nameSuppliedModel(described), origin: new URL(described.folderUrl).origin, isFolder: true }
  } catch {
    return { problem: { reason: 'folder' } }
  }
}
