import { readFileSync } from 'node:fs'

/** How often the memory is looked at, milliseconds. */
const LOOK_MS = 50

/** What each kind of process has, bytes: the browser's own, its pages', the GPU's, and the helpers' (network, storage). @typedef {{ browser: number, page: number, gpu: number, helpers: number }} Memory */

/** @type {Readonly<Record<string, keyof Memory>>} */
const KINDS = { browser: 'browser', renderer: 'page', GPU: 'gpu' }

/**
 * Watches the memory of a browser's processes: what they wrote themselves or share, without the files that they only map.
 * @param {import('playwright').BrowserContext} context
 */
export async function watchMemory(context) {
  const devtools = await context.browser()?.newBrowserCDPSession()
  if (devtools === undefined) throw new Error('The browser tells nothing about its processes.')

  /** @returns {Promise<() => Memory>} Looks at the processes that there are now. */
  async function looker() {
    const { processInfo } = await /** @type {NonNullable<typeof devtools>} */ (devtools).send(
      'SystemInfo.getProcessInfo',
    )
    return () => {
      const memory = { browser: 0, page: 0, gpu: 0, helpers: 0 }
      for (const { type, id } of processInfo) memory[KINDS[type] ?? 'helpers'] += writtenBytes(id)
      return memory
    }
  }

  return {
    /**
     * @template Value
     * @param {() => Promise<Value>} work
     * @param {(grown: Memory) => void} tell How much more each kind has than before the work; again and again while it goes on.
     * @returns {Promise<Value>}
     */
    async during(work, tell) {
      const look = await looker()
      const before = look()
      const watch = setInterval(() => {
        const now = look()
        tell({
          browser: now.browser - before.browser,
          page: now.page - before.page,
          gpu: now.gpu - before.gpu,
          helpers: now.helpers - before.helpers,
        })
      }, LOOK_MS)
      return work().finally(() => clearInterval(watch))
    },
  }
}

/** Memory of a process that is no copy of a file, bytes. @param {number} id */
function writtenBytes(id) {
  try {
    const status = readFileSync(`/proc/${id}/status`, 'utf8')
    const kibibytes = [/^RssAnon:\s+(\d+) kB/m, /^RssShmem:\s+(\d+) kB/m].map((line) =>
      Number(line.exec(status)?.[1] ?? 0),
    )
    return kibibytes.reduce((sum, one) => sum + one, 0) * 1024
  } catch {
    return 0 // it has ended
  }
}
