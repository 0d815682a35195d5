import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'start-'))
const MODEL = join(folder, 'my model')
cpSync(`public/${EMBEDDED_FOLDER}`, MODEL, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true }))

let child: ChildProcess | undefined
afterEach(() => child?.kill())

/** Runs `npm start` with some parameters until it has said something. */
async function start(...parameters: string[]): Promise<{ said: string; isServing: boolean }> {
  const started = spawn(process.execPath, ['scripts/start.mjs', ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  return new Promise((resolve) => {
    let said = ''
    const hear = (piece: Buffer) => {
      said += piece.toString()
      if (said.includes('Ctrl-C')) resolve({ said, isServing: true })
    }
    started.stdout.on('data', hear)
    started.stderr.on('data', hear)
    started.on('close', () => resolve({ said, isServing: false }))
  })
}

describe('npm start', () => {
  test('serves a model from a folder on this computer, which the policy of the page allows', async () => {
    const { said } = await start('--port', '0', '--model', MODEL)
    const page = new URL(/http:\S+/.exec(said)?.[0] ?? '')
    const manifest = new URL(page.searchParams.get('model') ?? '')
    expect(manifest.origin).toBe(page.origin)
    expect(manifest.pathname).toMatch(/\/resolve\/[0-9a-f]{16}\/manifest\.json$/)
    const answer = await fetch(manifest)
    expect(await answer.text()).toBe(readFileSync(join(MODEL, 'manifest.json'), 'utf8'))
    const policy = (await fetch(page)).headers.get('content-security-policy')
    expect(policy).toContain("connect-src 'self'")
    expect((await fetch(new URL('../../../../../package.json', manifest))).status).toBe(404)
  })

  test('serves the page isolated from other origins when told so, so that threads may share memory', async () => {
    const { said } = await start('--port', '0', '--isolated')
    const { headers } = await fetch(/http:\S+/.exec(said)?.[0] ?? '')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp')
  })

  test.each([
    [['--port', ''], /^--port is "", but must be a whole number/],
    [['--port', '0x50'], /^--port is "0x50"/],
    [['--port', 'abc'], /^--port is "abc"/],
    [['--port', '99999'], /^--port is "99999"/],
    [['--base', 'chat'], /^The base is "chat", but must begin and end with a slash/],
    [['--model', 'no-such-folder'], /^There is no folder no-such-folder/],
    [['--model', 'package.json'], /^package\.json is no folder/],
    [['--colour', 'red'], /^Unknown option '--colour'/],
  ])('says in one line what is wrong with %j', async (parameters, message) => {
    const { said, isServing } = await start(...parameters)
    expect(isServing).toBe(false)
    expect(said).toMatch(message)
    expect(said.trimEnd().split('\n')).toHaveLength(1)
  })

  test('says that a port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      const { said } = await start('--port', String(port))
      expect(said).toBe(`Port ${port} is taken. Choose another with --port.\n`)
    } finally {
      server.close()
    }
  })
})
