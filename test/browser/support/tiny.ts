import { parseManifest } from '../../../src/core/models/parse-manifest.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'

/** The embedded model, as the page that runs the tests serves it. */
export async function describeTiny(): Promise<ModelDescription> {
  const address = new URL('/models/reflection-tiny/resolve/preview-1/manifest.json', location.href).href
  return parseManifest(await (await fetch(address)).json(), address)
}
