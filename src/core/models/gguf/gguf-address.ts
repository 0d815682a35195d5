/** Names no server: what is stored under it was imported from a file of this device. */
export const IMPORTED_ORIGIN = 'https://gguf.invalid'

/**
 * The one address of a GGUF file, however a user wrote it: what huggingface.co shows in the browser's own address line is the page of a file,
 * beside which the file lies.
 * @returns Undefined for texts that are no address of such a file.
 */
export function ggufAddress(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (!/\.gguf$/i.test(url.pathname)) return undefined
  url.hash = ''
  url.searchParams.delete('download')
  if (url.hostname === 'huggingface.co') url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/')
  return url.href
}
