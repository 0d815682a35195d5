import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const REVISIONS = fileURLToPath(new URL('../public/models/reflection-tiny/resolve/', import.meta.url))

/** The folder of the embedded model, absolute, with a slash at its end. There is one revision at a time. */
export const EMBEDDED_FOLDER = `${REVISIONS}${readdirSync(REVISIONS)[0]}/`
