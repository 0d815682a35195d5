import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { TagEvent } from '../../src/core/tags/tag-event.ts'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'ask-'))
afterAll(() => rmSync(folder, { recursive: true }))
const binary = join(folder, 'questions.bin')
writeFileSync(binary, Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x00, 0xff, 0xfe]))

/** Runs `npm run ask` with some parameters. */
function ask(...parameters: string[]): Promise<Ended> {
  return run(process.execPath, ['scripts/ask.mjs', ...parameters])
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(command: string, parameters: readonly string[]): Promise<Ended> {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
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

  test('asks a model from a folder on this computer', async () => {
    const model = join(folder, 'model')
    cpSync(`public/${EMBEDDED_FOLDER}`, model, { recursive: true })
    const { code, stdout, stderr } = await ask('--model', model, '--temperature', '0', 'What is 5 + 4?')
    expect(stderr).toMatch(/^\d+ tokens/)
    expect(stdout).toMatch(/\[output\] 9\n$/)
    expect(code).toBe(0)
  })

  test('keeps downloads under an address of their own, and says so where another program has it', async () => {
    const server = createServer()
    await new Promise<unknown>((resolve) => {
      server.once('error', resolve) // then another program has it indeed
      server.listen(8047, '127.0.0.1', () => resolve(undefined))
    })
    try {
      const { code, stderr } = await ask('--model', 'Llama-3.2-1B-Instruct-q4f16_1-MLC', 'What is 5 + 4?')
      expect(stderr).toMatch(/^Port 8047 is taken, the only one .* finds models that it downloaded\..*\n$/)
      expect(code).toBe(1)
    } finally {
      server.close()
    }
  })

  test('ends quietly when nobody reads on', async () => {
    const command = `"${process.execPath}" scripts/ask.mjs --json --temperature 0 "What is 47 * 38?" | head -1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await run('bash', ['-c', command])
    expect(stderr).toBe('')
    const [event = '', code] = stdout.trimEnd().split('\n')
    expect(JSON.parse(event)).toMatchObject({ type: 'reasoning-start', kind: 'thinking' })
    expect(code).toBe('0')
  })

  test.each([
    [[], /There is no question/],
    [['--temperature', 'warm', 'Hi'], /--temperature wants a number, not "warm"/],
    [['--temprature', '1', 'Hi'], /Unknown option '--temprature'/],
    [['--engine', 'cpu', 'Hi'], /--engine is "cpu", but must be one of: auto, gpu, processor/],
    [['--file', 'no-such-file.txt'], /Could not read no-such-file\.txt/],
    [['--file', binary], /questions\.bin is no text file/],
    [['--file', folder], /Could not read .*EISDIR/],
    [['--model', 'no-such-model', 'Hi'], /There is no model called "no-such-model"/],
    [['--model', './no-such-folder', 'Hi'], /There is no folder \.\/no-such-folder/],
    [['--model', 'src', 'Hi'], /src has no manifest\.json/],
    [['--model', 'no-such-model', '--temperature', '9', 'Hi'], /temperature is 9/], // said before a model is looked for
    [['--model', 'no-such-model', '--max-tokens', '1.5', 'Hi'], /maxTokens is 1\.5/],
  ])('fails with one clear line: %j', async (parameters, message) => {
    const { code, stdout, stderr } = await ask(...parameters)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
