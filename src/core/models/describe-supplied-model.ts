import { ReflectionError } from '../errors.ts'
import type { ModelDescription } from './model-description.ts'
import type { SuppliedModel } from './model-list.ts'

/**
 * Completes the description of a model whose weights the user brings.
 * @param address - Of the folder, `https://<server>/<path>/resolve/<revision>/`; or of a repository on huggingface.co, which then
 * stands for its revision `main`.
 * @throws {ReflectionError} `request-invalid` when it is neither.
 */
export function describeSuppliedModel(model: SuppliedModel, address: string): ModelDescription {
  const repository = /^https:\/\/huggingface\.co\/[^/?#]+\/[^/?#]+\/?$/.test(address)
  const folderUrl = repository ? `${address.replace(/\/$/, '')}/resolve/main/` : address.replace(/\/?$/, '/')
  const revision = /^https?:\/\/[^/?#]+\/(?:[^?#]+\/)?resolve\/([^/?#]+)\/$/.exec(folderUrl)?.[1]
  if (revision !== undefined && URL.canParse(folderUrl)) {
    return { ...model, origin: 'user', revision, folderUrl: new URL(folderUrl).href }
  }
  throw new ReflectionError(
    'request-invalid',
    `${address === '' ? 'An empty text' : address} is no address of a model's folder. Give one such as ` +
      'https://huggingface.co/<name>/<model> or https://<server>/<path>/resolve/<revision>/.',
    { details: { address } },
  )
}
