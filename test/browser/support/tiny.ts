import { fetchManifest } from '../../../src/core/models/fetch-manifest.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { embeddedModel } from '../../../src/core/models/model-list.ts'

/** The embedded model, as the page that runs the tests serves it. */
export function describeTiny(): Promise<ModelDescription> {
  return fetchManifest(new URL(`/${embeddedModel.manifestPath}`, location.href).href, { origin: 'embedded' })
}
