/** Who made a request. `browser`: the browser itself, for the page. */
export type Requester = 'page' | 'worker' | 'service-worker' | 'browser'

/** A request that was made for the page. */
export interface RequestNote {
  /** Without what stands behind a question mark. */
  readonly address: string
  readonly by: Requester
  /** Of one that a server sent on elsewhere: the address that was asked for. */
  readonly from?: string
  /** When it began, milliseconds since 1970; 0 where only the browser knows. */
  readonly at: number
  /** That came; 0 for what this device had. Of servers that do not tell the page, only what it could read. */
  readonly bytes: number
  /** `kept`: this device had it. `refused`: the page's policy forbade it, and nothing left. `possible`: the browser asks when it wants. */
  readonly end: 'answered' | 'kept' | 'refused' | 'failed' | 'possible'
}

/** How many notes wait for someone who is told. */
const MOST_EARLY = 100

const early: RequestNote[] = []
let told: (note: RequestNote) => void = (note) => void (early.length < MOST_EARLY && early.push(note))

/** Notes of a request what the browser's own list does not tell. */
export function noteRequest(note: RequestNote): void {
  told(note)
}

/** From now on `tell` is told of all that is noted here, and at once of what was noted before. */
export function tellRequestNotes(tell: (note: RequestNote) => void): void {
  told = tell
  early.splice(0).forEach(tell)
}

/** Notes what the policy of this page or worker refuses from now on. */
export function noteRefusals(by: Requester): void {
  addEventListener('securitypolicyviolation', (event) => {
    const { blockedURI } = event as SecurityPolicyViolationEvent
    // What is no address, such as `inline`, asked nobody.
    if (/^(https?|wss?):/.test(blockedURI))
      noteRequest({ address: plainAddress(blockedURI), by, at: Date.now(), bytes: 0, end: 'refused' })
  })
}

/** An address without what stands behind a question mark: signatures of downloads, names of models. */
export function plainAddress(address: string): string {
  return address.split(/[?#]/, 1)[0] ?? ''
}
