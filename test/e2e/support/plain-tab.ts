import type { Browser, CDPSession } from 'playwright'

/** A tab that Playwright does not hold: those that it opens count as looked at, and a browser freezes none of these. */
export interface PlainTab {
  /** The value of an expression in the page, which may be a promise. */
  evaluate(expression: string): Promise<unknown>
  type(text: string): Promise<void>
  pressEnter(): Promise<void>
  /** Freezes the page, as browsers do with tabs in the background, or lets it go on, in the foreground. */
  setFrozen(isFrozen: boolean): Promise<void>
}

/** Opens such tabs in the profile that a browser has by itself. */
export async function createPlainTabs(browser: Browser): Promise<(url: string) => Promise<PlainTab>> {
  const session = await browser.newBrowserCDPSession()
  const waiting = new Map<number, (message: Answer) => void>()
  let lastId = 0
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const answer = JSON.parse(message) as Answer
    waiting.get(answer.id)?.(answer)
  })

  return async (url) => {
    const { targetId } = await session.send('Target.createTarget', { url })
    const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false })
    const send = (method: string, params: object = {}) =>
      call(session, sessionId, { id: ++lastId, method, params }, waiting)
    const press = (type: string) =>
      send('Input.dispatchKeyEvent', { type, key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' })
    return {
      async evaluate(expression) {
        const { result, exceptionDetails } = await send('Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        })
        if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
        return result?.value
      },
      async type(text) {
        await send('Page.bringToFront')
        await send('Input.insertText', { text })
      },
      async pressEnter() {
        await press('keyDown')
        await press('keyUp')
      },
      async setFrozen(isFrozen) {
        if (isFrozen) await send('Emulation.setFocusEmulationEnabled', { enabled: false })
        await send('Page.setWebLifecycleState', { state: isFrozen ? 'frozen' : 'active' })
        if (!isFrozen) await send('Emulation.setFocusEmulationEnabled', { enabled: true }) // it is looked at again
      },
    }
  }
}

interface Answer {
  readonly id: number
  readonly error?: { readonly message: string }
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown }
}

async function call(
  session: CDPSession,
  sessionId: string,
  request: { readonly id: number; readonly method: string; readonly params: object },
  waiting: Map<number, (answer: Answer) => void>,
): Promise<NonNullable<Answer['result']>> {
  const answer = new Promise<Answer>((resolve) => waiting.set(request.id, resolve))
  await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify(request) })
  const { error, result = {} } = await answer
  waiting.delete(request.id)
  if (error !== undefined) throw new Error(`${request.method}: ${error.message}`)
  return result
}
