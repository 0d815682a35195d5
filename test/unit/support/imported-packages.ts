import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Where the code stands that runs in the page of the tests. */
const FOLDERS = ['src', 'worker', 'test/browser', 'test/fakes', 'test/unit/storage/support']

/** `import … from 'name'`, but no types; `import 'name'`; `import('name')`. Relative names begin with a dot, none holds a blank. */
const IMPORT =
  /\b(?:import|export)\s+(?!type\b)[^'";]*?\bfrom\s+'([^'.\s][^'\s]*)'|\bimport\s*\(?\s*'([^'.\s][^'\s]*)'/g

/** Npm packages, and files of them, that code in the page of the tests imports. */
export function importedPackages(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, folder, name)),
  )
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, named, alone]) => named ?? alone ?? ''),
  )
  // What has a query is made by a plugin or given as an address: it cannot be bundled beforehand.
  return [...new Set(names)].filter((name) => !/^(node:|\/|vitest(\/|$))|\?/.test(name)).toSorted()
}
