import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright'
import { sharedBrowser } from './shared-browser.ts'

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE_MS = 120_000

/** A line or more of thinking, whether a check follows it or not. */
export const STEP = '.thought, .checked:not(:has(s)), .checked s'

/** A page with the chat, in a browser profile of its own. */
export interface ChatPage {
  readonly page: Page
  /** Addresses of all that page and worker asked for. */
  readonly requests: readonly string[]
  /** What page and worker did that the policy forbids, and errors that nobody caught. */
  complaints(): Promise<string[]>
  /** Opens another address in the same profile, which was emptied, as if nothing had been before. */
  openAgain(url: string): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the chat at an address, in the shared browser if no other is given, and waits until it shows something. Nothing is kept for use without
 * a network, which would take every profile seconds and answer in place of servers that tests change; `offline.test.ts` is about that.
 */
export async function openChat(
  url: string,
  options: BrowserContextOptions = {},
  otherBrowser?: Browser,
): Promise<ChatPage> {
  const browser = otherBrowser ?? (await sharedBrowser())
  const context = await browser.newContext({ serviceWorkers: 'block', ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const requests: string[] = []
  const errors: string[] = []
  context.on('request', (request) => requests.push(request.url()))
  context.on('weberror', (error) => errors.push(String(error.error())))
  const page = await context.newPage()
  await page.addInitScript(noteViolations)
  page.on('worker', (worker) => void worker.evaluate(noteViolations).catch(() => undefined)) // it may have ended by now
  const show = async (address: string) => {
    await page.goto(address)
    await page.getByRole('heading', { name: 'Second Thought' }).waitFor()
  }
  await show(url)
  return {
    page,
    requests,
    async complaints() {
      const workers = page.workers().map((worker) => worker.evaluate(notedViolations))
      const violations = await Promise.all([page.evaluate(notedViolations), ...workers])
      return [...violations.flat(), ...errors]
    },
    openAgain(next) {
      requests.length = 0
      errors.length = 0
      return show(next)
    },
    close: () => context.close(),
  }
}

/** Runs in page or worker. */
function noteViolations(): void {
  const noted: string[] = []
  Object.assign(globalThis, { notedViolations: noted })
  globalThis.addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, blockedURI } = event as SecurityPolicyViolationEvent
    noted.push(`${effectiveDirective} ${blockedURI}`)
  })
}

/** Runs in page or worker. */
function notedViolations(): string[] {
  return (globalThis as unknown as { notedViolations: string[] }).notedViolations
}

/** Waits until the model is ready or cannot be used, and gives what the page says about it. */
export async function modelSettled(page: Page): Promise<string> {
  const status = page.getByRole('status').filter({ hasText: /ready|not loaded|paused|cannot run|stopped|Not/ })
  return status.innerText()
}

export function composerOf(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Your message', exact: true })
}

/** Begins a chat, and waits until the one before is gone. */
export async function newChat(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New chat' }).first().click()
  await page.getByRole('article').first().waitFor({ state: 'detached' })
}

/** Has the page fetch what draws answers and checks, and waits until it is here: what is drawn with a reply is then whole at once. */
export async function answersCanBeDrawn(page: Page): Promise<void> {
  await composerOf(page).fill('A draft has it fetched.')
  await page.evaluate(() => customElements.whenDefined('st-markdown').then(() => undefined))
  await composerOf(page).fill('')
}

/** Waits until the page has drawn what it knows by now. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)))),
  )
}

/** Presses a button that then says for a moment that it has copied, which is looked for from the beginning. */
export async function pressToCopy(button: Locator, copied: Locator): Promise<void> {
  await Promise.all([copied.waitFor(), button.click()])
}

/** Types a message and sends it without a look at what comes of it. */
export async function send(page: Page, text: string): Promise<void> {
  await composerOf(page).fill(text)
  await composerOf(page).press('Enter')
}

/** Sends a message and waits until the reply to it is there. */
export async function ask(page: Page, text: string): Promise<void> {
  await composerOf(page).fill(text)
  const replies = page.getByRole('article', { name: 'Reply' })
  const before = await replies.count()
  await composerOf(page).press('Enter')
  await replies.nth(before).waitFor()
}

/** The chats at the side, be they beside the page or over it. */
export function chatList(page: Page): Locator {
  return page.locator('#sidebar')
}

export function lastReply(page: Page): Locator {
  return page.getByRole('article', { name: 'Reply' }).last()
}

/** Waits until the last reply is being written. */
export async function replyBegun(page: Page): Promise<Locator> {
  await lastReply(page).and(page.locator('[aria-busy=true]')).waitFor()
  return lastReply(page)
}

/** Waits for the end of the reply that is being written, and gives it. Its words can be read. */
export async function replyEnded(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Send' }).waitFor()
  const replies = page.getByRole('article', { name: 'Reply' })
  while (!(await replies.evaluateAll(isLastReadable))) await page.waitForTimeout(10)
  return lastReply(page)
}

/** Runs in the page. @returns False in the frame in which a reply that ended is not laid out, and has no inner text. */
function isLastReadable(replies: readonly Element[]): boolean {
  const reply = replies.at(-1)
  if (reply === undefined) return true
  const { top, bottom } = reply.getBoundingClientRect()
  const isInSight = bottom > 0 && top < innerHeight
  return !isInSight || (reply.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }) ?? true)
}

/** Chooses from the menu beside the buttons of a reply. */
export async function chooseMore(reply: Locator, name: string): Promise<void> {
  await reply.getByRole('button', { name: 'More', exact: true }).click()
  await reply.page().getByRole('menuitem', { name, exact: true }).click()
}

/** A part of the settings. */
export type SettingSection = 'Appearance' | 'Thinking' | 'Model' | 'Privacy' | 'Data' | 'Advanced'

/** Opens the settings at one of their parts, and gives the dialog. */
export async function openSettings(page: Page, section: SettingSection): Promise<Locator> {
  await page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('tab', { name: section }).click()
  return dialog
}

/** Changes one of the settings; `change` gets the open dialog, which shows one of its parts. */
export async function withSettings<Result>(
  page: Page,
  change: (dialog: Locator) => Promise<Result>,
  section: SettingSection = 'Thinking',
): Promise<Result> {
  const dialog = await openSettings(page, section)
  const result = await change(dialog)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await dialog.waitFor({ state: 'hidden' })
  return result
}

/** In the open settings. */
export async function setTemperature(dialog: Locator, value: string): Promise<void> {
  await dialog.getByRole('tab', { name: 'Advanced' }).click()
  await dialog.getByRole('slider', { name: 'Temperature' }).fill(value)
}

/** Asks whether an element has the focus. */
export function hasFocus(target: Locator): () => Promise<boolean> {
  return () => target.evaluate((element) => element === document.activeElement)
}

/** Presses Tab, or with `backwards` Shift and Tab, until an element has the focus, as someone without a mouse would. */
export async function tabTo(page: Page, target: Locator, { backwards = false } = {}): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await hasFocus(target)()) return
    await page.keyboard.press(backwards ? 'Shift+Tab' : 'Tab')
  }
  throw new Error(`No key press led to ${String(target)}.`)
}
