import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { failedTests } from '../../scripts/failed-tests.mjs'

const folder = mkdtempSync(join(tmpdir(), 'failed-tests-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

test('what vitest found wrong is named by file and test, with the first line of why', () => {
  const file = written(
    'e2e.json',
    JSON.stringify({
      testResults: [
        {
          name: join(process.cwd(), 'test/e2e/page.test.ts'),
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'is there' },
            {
              status: 'failed',
              fullName: 'is ready',
              failureMessages: ['Error: expected 1 to be 2\n    at somewhere'],
            },
          ],
        },
        { name: 'broken.test.ts', status: 'failed', message: 'It does not parse', assertionResults: [] },
      ],
    }),
  )
  expect(failedTests(file)).toEqual([
    'test/e2e/page.test.ts › is ready: Error: expected 1 to be 2',
    'broken.test.ts: It does not parse',
  ])
})

test('what pytest found wrong is named by module and test', () => {
  const cases = `<testcase classname="tests.test_a" name="test_one" time="0.1" /><testcase classname="tests.test_a" name="test_two" time="0.2"><failure message="assert 1 == 2&#10;more">…</failure></testcase>`
  const file = written('model.xml', `<testsuites><testsuite>${cases}</testsuite></testsuites>`)
  expect(failedTests(file)).toEqual(['tests.test_a › test_two: assert 1 == 2'])
})

test('a runner that wrote nothing found nothing', () => {
  expect(failedTests(join(folder, 'absent.json'))).toEqual([])
})
