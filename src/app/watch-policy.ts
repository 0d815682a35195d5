/**
 * Watches what the page's Content-Security-Policy forbids to fetch, which a failed request itself does not tell.
 * @returns Ends the watch and tells whether an address of that origin was among it.
 */
export function watchPolicy(origin: string): () => Promise<boolean> {
  let isBlocked = false
  const onViolation = ({ blockedURI }: SecurityPolicyViolationEvent) => {
    isBlocked ||= blockedURI.startsWith(origin)
  }
  document.addEventListener('securitypolicyviolation', onViolation)
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 50)) // the event is told apart from the failed request
    document.removeEventListener('securitypolicyviolation', onViolation)
    return isBlocked
  }
}
