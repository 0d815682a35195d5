import { expect, test } from 'vitest'
import { askQuestion, type Question } from '../../src/ui/parts/ask-question.ts'

const QUESTION: Question = { title: 'Delete it?', text: 'It cannot come back.', yes: 'Delete', no: 'Cancel' }

test('a question that follows at once, before the browser has told that the one before was closed, stands until it is answered', async () => {
  const root = document.createElement('div')
  document.body.append(root)
  const { signal } = new AbortController()
  const first = askQuestion(root, QUESTION, { signal })
  root.querySelector('dialog')?.close() // as Escape does
  const second = askQuestion(root, QUESTION, { signal })
  expect(await first).toBe(false)
  const dialog = root.querySelector('dialog')
  expect(dialog?.open).toBe(true)
  dialog?.querySelector<HTMLButtonElement>('button[value=yes]')?.click()
  expect(await second).toBe(true)
  expect(root.childElementCount).toBe(0)
  root.remove()
})
