/** As much of the page as is looked at here. */
interface Page {
  querySelectorAll(selector: string): Iterable<{ readonly content: string }>
}

/**
 * Which hosts the policies that stand in the page let it reach, as directives `connect-src` with `;` between them. Empty where there is none,
 * and in a worker, which has no page. A policy that came as a header of the page cannot be read.
 */
export function pageConnections(): string {
  const { document: page } = globalThis as { readonly document?: Page }
  const policies = page?.querySelectorAll('head > meta[http-equiv="content-security-policy" i]') ?? []
  return [...policies].flatMap(({ content }) => connectionsOf(content)).join(';')
}

function connectionsOf(policy: string): string[] {
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/))
  const named = (wanted: string) => directives.find(([name]) => name?.toLowerCase() === wanted)
  const found = named('connect-src') ?? named('default-src')
  return found === undefined ? [] : [['connect-src', ...found.slice(1)].join(' ')]
}
