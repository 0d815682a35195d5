import { ReflectionError } from '../core/errors.ts'
import { checkModelFolder } from '../core/models/check-model-folder.ts'
import { describeSuppliedModel } from '../core/models/describe-supplied-model.ts'
import { ggufAddress } from '../core/models/gguf/gguf-address.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { suppliedModels } from '../core/models/model-list.ts'
import { nameSuppliedModel, splitSuppliedName, type SuppliedName } from '../core/models/supplied-name.ts'

/** Why a model was not added. */
export type AddProblem =
  /** The text is no address of a web server. */
  | { readonly reason: 'address' }
  /** What follows the `@` is no address of a folder or of a repository. */
  | { readonly reason: 'folder' }
  /** What stands before the `@` is no id of a model whose weights the user brings. */
  | { readonly reason: 'unknown'; readonly id: string; readonly known: readonly string[] }
  /** The catalog has this model already. */
  | { readonly reason: 'known'; readonly name: string }
  /** The Content-Security-Policy of the page does not name this origin. */
  | { readonly reason: 'host'; readonly origin: string }
  | { readonly reason: 'unreachable'; readonly origin: string }
  | { readonly reason: 'refused'; readonly origin: string; readonly status: number }
  /** The GGUF file cannot be used. */
  | { readonly reason: 'gguf'; readonly error: ReflectionError }
  /** There is no manifest, or one that cannot be used; or something else went wrong. */
  | { readonly reason: 'invalid'; readonly error: ReflectionError }
  /** The folder does not hold the model, converted for WebLLM. */
  | { readonly reason: 'unusable'; readonly error: ReflectionError }

/** Finds a model by its name. @throws {ReflectionError} */
export type ResolveModel = (name: string, signal?: AbortSignal) => Promise<ModelDescription>

/**
 * Finds the model that a user wants to add, and looks whether it is one.
 * @param text - The address of a manifest or of a GGUF file, or `<id of a supplied model>@<address of its folder or repository>`.
 * @returns The model and its one name, or why it cannot be added; never rejects.
 */
export async function findAddedModel(
  text: string,
  resolve: ResolveModel,
): Promise<{ readonly name: string; readonly model: ModelDescription } | { readonly problem: AddProblem }> {
  const wanted = wantedOf(text.trim())
  if ('problem' in wanted) return wanted
  const { name, origin, isFolder } = wanted
  try {
    const model = await resolve(name)
    if (isFolder) await checkModelFolder(model)
    return { name, model }
  } catch (thrown) {
    const error = ReflectionError.from(thrown)
    const { status } = error.details
    if (error.code === 'host-forbidden') return { problem: { reason: 'host', origin } }
    if (error.code === 'gguf-invalid') return { problem: { reason: 'gguf', error } }
    if (error.code !== 'download-failed') return { problem: { reason: isFolder ? 'unusable' : 'invalid', error } }
    if (typeof status === 'number') return { problem: { reason: 'refused', origin, status } }
    return { problem: { reason: 'unreachable', origin } }
  }
}

/** What the text of the user asks for, before anything is fetched. */
interface Wanted {
  readonly name: string
  /** The origin of the server that has it. */
  readonly origin: string
  /** A folder without a manifest: its files have to show that it is the model. */
  readonly isFolder: boolean
}

function wantedOf(text: string): Wanted | { readonly problem: AddProblem } {
  const supplied = splitSuppliedName(text)
  if (supplied !== undefined) return wantedFolderOf(supplied)
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return { problem: { reason: 'address' } }
  const { href, origin } = new URL(text)
  return { name: ggufAddress(text) ?? href, origin, isFolder: false }
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
