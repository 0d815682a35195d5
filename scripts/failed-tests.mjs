import { existsSync, readFileSync } from 'node:fs'

/** Of a message, what is shown of it: its first line says what was expected. */
const MESSAGE_LENGTH = 200

/**
 * The tests that failed, from what a runner wrote, a line each: where it stands, its name, and the first line of what went wrong.
 * @param {string} file Results as vitest (`.json`) or pytest (`.xml`, JUnit's format) write them. None, when it is not there.
 * @returns {string[]}
 */
export function failedTests(file) {
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.json') ? failedInVitest(JSON.parse(text)) : failedInPytest(text)
}

/**
 * @typedef {{ status: string, fullName: string, failureMessages?: string[] }} Assertion
 * @param {{ testResults: { name: string, status: string, message?: string, assertionResults: Assertion[] }[] }} results
 */
function failedInVitest({ testResults }) {
  return testResults.flatMap(({ name, status, message = '', assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed')
    const path = name.replace(`${process.cwd()}/`, '')
    if (failed.length === 0) return status === 'failed' ? [`${path}: ${firstLine(message)}`] : []
    return failed.map(({ fullName, failureMessages = [] }) => `${path} › ${fullName}: ${firstLine(failureMessages[0])}`)
  })
}

/** @param {string} xml */
function failedInPytest(xml) {
  const cases = xml.matchAll(
    /<testcase classname="([^"]*)" name="([^"]*)"[^>]*>\s*<(?:failure|error) message="([^"]*)"/g,
  )
  return [...cases].map(([, group, name, message]) => `${group} › ${name}: ${firstLine(message)}`)
}

/** @param {string | undefined} message */
function firstLine(message = '') {
  const line = message.split(/\n|&#10;/, 1)[0] ?? ''
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH)}…` : line
}
