import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { TagEvent } from '../../src/core/tags/tag-event.ts'

const folder = mkdtempSync(join(tmpdir(), 'ask-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs `npm run ask` with some parameters. */
async function ask(...parameters: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['scripts/ask.mjs', ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

describe('npm run ask', () => {
  test('prints one event a line for every question of a file, each ending in finish', async () => {
    const file = join(folder, 'questions.txt')
    writeFileSync(file, 'What is 5 + 4?\n\nHello!\n')
    const { code, stdout, stderr } = await ask('--json', '--temperature', '0', '--file', file)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TagEvent)
    expect(events.filter(({ type }) => type === 'finish')).toHaveLength(2)
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', unclosed: [] })
    const known = /^(reasoning|text)-(start|delta|end)$|^(markup|reclassify|finish)$/
    expect(events.filter(({ type }) => !known.test(type))).toEqual([])
    expect(events.some((event) => event.type === 'text-delta' && event.section === 'output')).toBe(true)
  })

  test('prints the channels apart for people, and lets no reflection begin when told so', async () => {
    const { code, stdout, stderr } = await ask('--temperature', '0', '--no-reflection', 'What is 47 * 38?')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\[thinking\] [^]+\n\[output\] .+\n$/)
    expect(stderr).toMatch(/^\d+ tokens \(thinking \d+, reflections 0, answer \d+\)/)
  })

  test.each([
    [[], /There is no question/],
    [['--temperature', 'warm', 'Hi'], /--temperature wants a number, not "warm"/],
    [['--temprature', '1', 'Hi'], /Unknown option '--temprature'/],
    [['--file', 'no-such-file.txt'], /Could not read no-such-file\.txt/],
    [['--model', 'no-such-model', 'Hi'], /There is no model called "no-such-model"/],
    [['--temperature', '9', 'Hi'], /temperature is 9/],
  ])('fails with one clear line: %j', async (parameters, message) => {
    const { code, stdout, stderr } = await ask(...parameters)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
