/**
 * Which hosts the policy that stands in the page lets it reach: its directive `connect-src`, whole. Empty where there is none, as on
 * the development server.
 */
export function pageConnections(): string {
  const policy = document.querySelector<HTMLMetaElement>('meta[http-equiv=Content-Security-Policy]')?.content ?? ''
  const directives = policy.split(';').map((directive) => directive.trim())
  return directives.find((directive) => directive.startsWith('connect-src ')) ?? ''
}
