import { ReflectionError } from '../errors.ts'
import { describeSuppliedModel } from './describe-supplied-model.ts'
import type { ModelDescription } from './model-description.ts'
import { suppliedModels } from './model-list.ts'

/** Says which model it is, and where the user has put its weights. */
export interface SuppliedName {
  readonly id: string
  readonly address: string
}

/** The parts of a name of the form `<id>@<address>`; absent for names of another form, such as addresses. */
export function splitSuppliedName(name: string): SuppliedName | undefined {
  const [, id, address] = /^([^@/:]*)@(.*)$/s.exec(name) ?? []
  return id === undefined || address === undefined ? undefined : { id: id.trim(), address: address.trim() }
}

/** The one name for a supplied model from one folder, however its address was written. */
export function nameSuppliedModel({ id, folderUrl }: ModelDescription): string {
  return `${id}@${folderUrl}`
}

/**
 * The model of a name of the form `<id>@<address>`; nothing is fetched.
 * @returns Absent for names of another form.
 * @throws {ReflectionError} `request-invalid` for an id that no supplied model has, and as `describeSuppliedModel`.
 */
export function findSuppliedModel(name: string): ModelDescription | undefined {
  const parts = splitSuppliedName(name)
  if (parts === undefined) return undefined
  const model = suppliedModels.find(({ id }) => id === parts.id)
  if (model !== undefined) return describeSuppliedModel(model, parts.address)
  const known = suppliedModels.map(({ id }) => id).join(', ')
  throw new ReflectionError(
    'request-invalid',
    `"${parts.id}" is no model whose weights you bring. What stands before the @ is one of: ${known}.`,
    { details: { id: parts.id } },
  )
}
