/** The package's entry `.` as a script that is served beside the worker and the model, for pages without a bundler. */
import { setServedFolder } from './client/served-files.ts'

setServedFolder(import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1))

export * from './index.ts'
