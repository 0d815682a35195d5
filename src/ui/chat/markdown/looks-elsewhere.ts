/** What stands before the host in an address, or before the address. Each is tried at the beginning only. */
const AROUND = /^[\p{P}\p{S}]+/u
const SCHEMES = /^(?:[a-z][a-z\d+-]*:[/\\]*)+/i

/** Where the host of an address ends: at slashes, and at what looks like one. */
const AFTER_HOST = /[/\\?#\u2044\u2215\u2571\u27cb\u29f8\u3033]/u

/** Letters, digits and hyphens between dots. */
const HOST = /^(?:[\p{L}\p{M}\p{N}_-]+\.)+[\p{L}\p{M}\p{N}-]{2,}/u

/** Characters that are not seen, and those that look like a full stop; addresses read the first of these as one. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu
const DOTS = /[\u3002\u0660\u06f0\u0701\u0702\ua4f8\ua60e\u{10a50}\u{1d16d}]/gu

/**
 * Whether the text of a link reads like another address than the one it leads to, or the address itself misleads: by letters that
 * look like those of another alphabet, or by a name before the host.
 */
export function looksElsewhere(
  text: string,
  target: Pick<URL, 'protocol' | 'hostname' | 'username' | 'pathname'>,
): boolean {
  const host = target.protocol === 'mailto:' ? hostOf(target.pathname.split('@').at(-1) ?? '') : hostOf(target.hostname)
  if (/(?:^|\.)xn--/.test(host) || target.username !== '') return true
  return text
    .normalize('NFKC')
    .replace(UNSEEN, '')
    .replace(DOTS, '.')
    .split(/\s+/)
    .some((word) => {
      const claimed = hostIn(word)
      return claimed !== undefined && hostOf(claimed) !== host
    })
}

/** The host that a word names if it reads like an address. */
function hostIn(word: string): string | undefined {
  const [authority = ''] = word.replace(AROUND, '').replace(SCHEMES, '').split(AFTER_HOST, 1)
  return HOST.exec(authority.slice(authority.lastIndexOf('@') + 1))?.[0]
}

/** A host as browsers compare it; empty when it is none. */
function hostOf(name: string): string {
  return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname.replace(/^www\.|\.$/g, '') : ''
}
