/** A violation is told apart from what failed by it, and a little later; milliseconds. */
const WAIT_FOR_POLICY = 50

/** Looks whether the page's own Content-Security-Policy was broken. */
export interface PolicyWatch {
  /** Whether it was, now that something has failed; waits a moment for what is told late. */
  isBroken(): Promise<boolean>
  end(): void
}

/**
 * Watches the policy while something is tried: what it forbids fails without telling why. Works in a page and in a worker.
 * @param isMeant - Which violations count.
 */
export function watchPolicy(isMeant: (violation: SecurityPolicyViolationEvent) => boolean): PolicyWatch {
  const { addEventListener: listen, removeEventListener: unlisten } = globalThis as Partial<typeof globalThis>
  let isBroken = false
  const onViolation = (event: Event) => {
    isBroken ||= isMeant(event as SecurityPolicyViolationEvent)
  }
  listen?.('securitypolicyviolation', onViolation) // where there is no page, there is no policy
  return {
    async isBroken() {
      if (listen !== undefined && !isBroken) await new Promise((resolve) => setTimeout(resolve, WAIT_FOR_POLICY))
      return isBroken
    },
    end: () => unlisten?.('securitypolicyviolation', onViolation),
  }
}
