import * as Comlink from 'comlink'

/** A worker whose code runs in the same thread, with a real message channel in between: Node has no `Worker` of the web. */
export class PortWorker extends EventTarget implements Worker {
  onmessage: Worker['onmessage'] = null
  onmessageerror: Worker['onmessageerror'] = null
  onerror: Worker['onerror'] = null
  isTerminated = false
  readonly #channel = new MessageChannel()

  /** @param api What the worker exposes. */
  constructor(api: object) {
    super()
    const { port1: near, port2: far } = this.#channel
    near.addEventListener('message', ({ data }) => this.dispatchEvent(new MessageEvent('message', { data })))
    near.start()
    Comlink.expose(api, far)
  }

  postMessage(message: unknown, transfer: Transferable[] | StructuredSerializeOptions = []): void {
    this.#channel.port1.postMessage(message, Array.isArray(transfer) ? transfer : (transfer.transfer ?? []))
  }

  terminate(): void {
    this.isTerminated = true
    this.vanish()
  }

  /** Ends it as the system ends a process for want of memory: nobody is told. */
  vanish(): void {
    this.#channel.port1.close()
    this.#channel.port2.close()
  }

  /** Tells of a fault, as a worker does whose code throws, or which gets what it cannot read. */
  fail(type: 'error' | 'messageerror', message?: string): void {
    this.dispatchEvent(Object.assign(new Event(type), message === undefined ? {} : { message }))
  }
}
