import { writeFileSync } from 'node:fs'
import { env } from 'node:process'

/** A reporter of vitest that keeps in RUNNING_TESTS_FILE what runs at this moment, so that one knows it where a run hangs. */
export default class RunningTestsReporter {
  /** @type {Map<string, string>} */
  #running = new Map()

  /** @param {import('vitest/node').TestModule} file */
  onTestModuleStart({ id, relativeModuleId }) {
    this.#running.set(id, relativeModuleId)
    this.#write()
  }

  /** @param {import('vitest/node').TestModule} file */
  onTestModuleEnd({ id }) {
    this.#running.delete(id)
    this.#write()
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseReady({ id, fullName, module }) {
    this.#running.set(id, `${module.relativeModuleId}: ${fullName}`)
    this.#write()
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseResult({ id }) {
    this.#running.delete(id)
    this.#write()
  }

  #write() {
    const file = env.RUNNING_TESTS_FILE
    if (file !== undefined) writeFileSync(file, JSON.stringify([...this.#running.values()]))
  }
}
