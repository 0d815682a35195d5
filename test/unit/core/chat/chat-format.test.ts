import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exportChats } from '../../../../src/core/chat/export-chats.ts'
import { importChats } from '../../../../src/core/chat/import-chats.ts'

const page = readFileSync(new URL('../../../../docs/chat-format.md', import.meta.url), 'utf8')

test('the example in docs/chat-format.md is what is written and read', () => {
  const example = /```json\n([^]*?)\n```/.exec(page)?.[1] ?? ''
  const { conversations, updatedAt } = importChats(example, { now: 0, newId: () => 'new', isKnown: () => false })
  const file: unknown = JSON.parse(example)
  expect(file).toMatchObject({ exportedAt: expect.any(String) })
  const exportedAt = Date.parse(/"exportedAt": "([^"]*)"/.exec(example)?.[1] ?? '')
  expect(exportChats(conversations, { exportedAt, updatedAt })).toEqual(file)
})
