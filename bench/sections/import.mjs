import { number } from '../format.mjs'
import { mainThreadTasks } from '../main-thread-tasks.mjs'

/** Characters of a message, and messages of a chat. */
const MESSAGE = 2000
const MESSAGES = 20

/** The page while it imports a file of chats as large as it takes. @type {import('../section.d.ts').Measure} */
export async function measureImport({ isQuick, browser, pagesUrl }) {
  const megabytes = isQuick ? 5 : 49
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  await page.goto(`${pagesUrl}whole-page.html`)
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
  await page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('tab', { name: 'Data' }).click()
  const chats = Math.floor((megabytes * 1e6) / (MESSAGES * (MESSAGE + 50)))
  await browser.startTracing(page, { categories: ['toplevel'] })
  const begun = performance.now()
  await page.evaluate(chooseFile, { chats, messages: MESSAGES, length: MESSAGE })
  await dialog.getByText(`${number(chats, 0)} chats were imported.`).waitFor()
  const seconds = (performance.now() - begun) / 1000
  const trace = JSON.parse((await browser.stopTracing()).toString())
  await context.close()
  const tasks = mainThreadTasks(trace.traceEvents)
  const longest = Math.max(...tasks.map(({ wallMs }) => wallMs))
  const longestOfProcessor = Math.max(...tasks.map(({ processorMs }) => processorMs))
  const over = tasks.filter(({ processorMs }) => processorMs > 50).length
  return {
    result: { megabytes, chats, seconds, longest, longestOfProcessor, over },
    rows: [
      {
        what: `Importing ${number(chats, 0)} chats, a file of ${megabytes} MB`,
        value: `longest task ${number(longest)} ms (${number(longestOfProcessor)} ms of processor time), ${over} over 50 ms; ${number(seconds)} s`,
        aim: 'none over 50 ms',
      },
    ],
    notes: [
      `Chats of ${MESSAGES} messages with ${number(MESSAGE, 0)} characters each, into the real store. Tasks as in the section before.`,
    ],
  }
}

/** Runs in the page: makes the file there, in a worker, so that only the import keeps the page busy. @param {{ chats: number, messages: number, length: number }} size */
async function chooseFile(size) {
  /** Runs in the worker. */
  const make = () => {
    addEventListener('message', ({ data: { chats, messages, length } }) => {
      const words = 'What is seven times eight, and why is it so? '
      const parts = Array.from({ length: chats }, (_, chat) =>
        JSON.stringify(
          Array.from({ length: messages }, (_message, index) => ({
            role: index % 2 === 0 ? 'user' : 'assistant',
            content: `${chat}.${index} ${words.repeat(Math.ceil(length / words.length))}`.slice(0, length),
          })),
        ),
      )
      postMessage(new File([`[${parts.join(',\n')}]`], 'chats.json', { type: 'application/json' }))
    })
  }
  const worker = new Worker(URL.createObjectURL(new Blob([`(${make})()`])))
  /** @type {File} */
  const file = await new Promise((resolve) => {
    worker.addEventListener('message', ({ data }) => resolve(data))
    worker.postMessage(size, { transfer: [] })
  })
  worker.terminate()
  const files = new DataTransfer()
  files.items.add(file)
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector('dialog input[type=file]')
  if (field === null) throw new Error('The settings have no field for files.')
  field.files = files.files
  field.dispatchEvent(new Event('change', { bubbles: true }))
}
