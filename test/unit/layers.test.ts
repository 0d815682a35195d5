import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { objectionTo, readImports, RULED_PATHS } from './support/import-graph.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('every layer and every room that has rules is there', () => {
  expect(RULED_PATHS.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('every import points down the layers, and in src/ui from room to room as allowed', () => {
  const edges = readImports(root, ['src', 'worker'])
  expect(edges.length).toBeGreaterThan(10)
  expect(edges.map(objectionTo).filter((objection) => objection !== undefined)).toEqual([])
})

describe('an import against the layers is found', () => {
  test.each([
    ['src/core/chat/prompt.ts', "import { atom } from '../../state/atom.ts'", 'core may import itself, not state'],
    ['src/core/tags/a.ts', "export * from 'comlink'", 'core imports no packages'],
    ['src/state/chat.ts', "const { connect } = await import('../client/connect.ts')", 'not client'],
    ['src/client/connect.ts', "import type {\n  Engine,\n} from '../../worker/main.ts'", 'not worker'],
    ['worker/main.ts', "import '../src/ui/mount-chat.ts'", 'not ui'],
    ['worker/main.ts', 'import * as webllm from "@mlc-ai/web-llm"', 'only worker/webllm-engine.ts imports it'],
    [
      'src/ui/chats/list.ts',
      "import '../chat/mount-chat.ts'",
      'the room chats may import itself, parts, words, not chat',
    ],
    ['src/ui/words/en.ts', "import type { A } from '../parts/a.ts'", 'the room words may import itself, not parts'],
    ['src/ui/mount.ts', "import './parts/a.ts'", 'is in no known room'],
    ['src/utils/misc.ts', "import { a } from '../core/a.ts'", 'is in no known layer'],
  ])('%s: %s', (path, code, objection) => {
    expect(objectionsIn(path, code)).toEqual([expect.stringContaining(objection)])
  })

  test.each([
    ['src/app/main.ts', "import { openConversationStore } from '../storage/conversations.ts'"],
    ['src/ui/app/mount-app.ts', "import { mountChat } from '../chat/mount-chat.ts'"],
    ['worker/webllm-engine.ts', "import { MLCEngine } from '@mlc-ai/web-llm'"],
    ['src/client/start.ts', "new Worker(new URL('../../worker/main.ts', import.meta.url), { type: 'module' })"],
    ['src/core/a.ts', "/** import { a } from 'comlink' */\n// import { b } from 'lit'"],
  ])('and one along them is not: %s: %s', (path, code) => {
    expect(objectionsIn(path, code)).toEqual([])
  })
})

/** Writes a file into an empty project and reads its imports back. */
function objectionsIn(path: string, code: string): (string | undefined)[] {
  const project = mkdtempSync(join(tmpdir(), 'layers-'))
  try {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), code)
    return readImports(project, [path.split('/')[0] ?? ''])
      .map(objectionTo)
      .filter((found) => found !== undefined)
  } finally {
    rmSync(project, { recursive: true })
  }
}
