import { isRecord } from '../core/check-data.ts'
import { ReflectionError } from '../core/errors.ts'
import { VERSION } from '../core/version.ts'

/** Where the files are looked for when nobody says where, as a path of the site. */
const DEFAULT_FOLDER = '/second-thought/'

/** What puts them there. */
const COMMAND = 'npx second-thought assets public/second-thought'

let ownFolder: string | undefined

/** Says where the files are by default: beside a script that is served together with them. */
export function setServedFolder(address: string): void {
  ownFolder = address
}

/** @returns The absolute address of the folder, with a slash at its end. @throws {ReflectionError} `request-invalid` for what is no address. */
export function servedFolder(assets: string | URL = ownFolder ?? DEFAULT_FOLDER): string {
  try {
    const address = new URL(assets, location.href)
    address.pathname = address.pathname.replace(/\/?$/, '/')
    return address.href
  } catch (cause) {
    throw new ReflectionError('request-invalid', `The folder of assets is "${String(assets)}", which is no address.`, {
      cause,
    })
  }
}

const checked = new Map<string, Promise<void>>()

/**
 * Looks once whether a folder holds our files, of this version.
 * @param folder - Absolute address, with a slash at its end.
 * @throws {ReflectionError} `assets-missing`, with the command that puts them there.
 */
export function checkServedFiles(folder: string): Promise<void> {
  const known = checked.get(folder)
  if (known !== undefined) return known
  const check = look(folder)
  checked.set(folder, check)
  check.catch(() => checked.delete(folder)) // they may be there the next time
  return check
}

async function look(folder: string): Promise<void> {
  const address = new URL('assets.json', folder).href
  let found: unknown
  try {
    const response = await fetch(address, { cache: 'no-cache' })
    found = response.ok ? await response.json() : undefined
  } catch (cause) {
    throw missing(folder, cause)
  }
  if (!isRecord(found) || found['package'] !== 'second-thought') throw missing(folder)
  if (found['version'] === VERSION) return
  throw new ReflectionError(
    'assets-missing',
    `The files at ${folder} are of version ${String(found['version'])}, but the package is ${VERSION}. Run again, with your folder: ${COMMAND}`,
    { details: { folder } },
  )
}

function missing(folder: string, cause?: unknown): ReflectionError {
  return new ReflectionError(
    'assets-missing',
    `There is no worker and no model at ${folder}. Put them where the site serves files: ${COMMAND} . If that is another address, ` +
      `name it: createEngine({ assets: '…' }), or <reflection-chat src="…">.`,
    { cause, details: { folder } },
  )
}
