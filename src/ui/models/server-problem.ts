import type { ReflectionError } from '../../core/errors.ts'
import type { Locale } from '../words/locales.ts'
import type { ServerWords } from '../words/server-words-en.ts'

/** Why a server cannot be used, and what to do about it, in the language of the page. */
export function serverProblem(
  { code, details }: ReflectionError,
  address: string,
  { problems }: ServerWords,
  { format }: Pick<Locale, 'format'>,
): string {
  const { host, origin } = new URL(address)
  const { status, retryAfterSeconds: wait, why } = details
  switch (code) {
    case 'host-forbidden':
      return problems.policy(origin)
    case 'server-unreachable':
      if (why === 'cors') return problems.cors(host, location.origin)
      if (why === 'local-access') return problems.localAccess(host)
      if (why === 'mixed-content') return problems.mixedContent(host)
      return problems.absent(host)
    case 'server-refused':
      if (why === 'protocol') return problems.protocol(host)
      if (status === 401 || status === 403) return problems.key(host)
      if (status === 404) return problems.missing(host)
      if (status === 429 && typeof wait === 'number') return problems.busy(host, format.wholeDuration(wait))
      if (status === 429) return problems.busyUntold(host)
      return typeof status === 'number' ? problems.failed(host, status) : problems.broken(host)
    case 'stream-broken':
      return problems.broken(host)
    case 'request-invalid':
    case 'prompt-too-long':
      return problems.misunderstood(host)
    default:
      return problems.other
  }
}
