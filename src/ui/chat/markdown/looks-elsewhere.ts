/** Letters, digits and hyphens between dots, with what may stand before and after them in an address. */
const ADDRESS = /^(?:[a-z][a-z\d+.-]*:\/*)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,})\.?(?:[:/?#].*)?$/iu

/** Characters that are not seen, and those that only surround a word. */
const UNSEEN = /\p{Cf}/gu
const AROUND = /^[\p{P}\p{S}]+|[\p{P}\p{S}]+$/gu

/**
 * Whether the text of a link reads like another address than the one it leads to, or the address itself misleads: by letters that
 * look like those of another alphabet, or by a name before the host.
 */
export function looksElsewhere(
  text: string,
  target: Pick<URL, 'protocol' | 'hostname' | 'username' | 'pathname'>,
): boolean {
  const addresses = text
    .normalize('NFKC')
    .replace(UNSEEN, '')
    .split(/\s+/)
    .flatMap((word) => ADDRESS.exec(word.replace(AROUND, ''))?.[1] ?? [])
  const host = target.protocol === 'mailto:' ? hostOf(target.pathname.split('@').at(-1) ?? '') : hostOf(target.hostname)
  if (/(?:^|\.)xn--/.test(host) || target.username !== '') return true
  return addresses.some((address) => hostOf(address) !== host)
}

/** A host as browsers compare it; empty when it is none. */
function hostOf(name: string): string {
  return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname.replace(/^www\.|\.$/g, '') : ''
}
