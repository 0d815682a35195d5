import { embeddedModel } from '../src/core/models/model-list.ts'

/** Where the embedded model lies, below `public` and below the base address of a built page, with a slash at its end. */
export const EMBEDDED_FOLDER = embeddedModel.manifestPath.replace('manifest.json', '')
