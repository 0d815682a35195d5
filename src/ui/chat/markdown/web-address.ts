/** With both slashes and a host: without them an address leads into this page, and backslashes make it look like another one. */
const WEB_OR_MAIL = /^(?:https?:\/\/[^\s/\\?#]|mailto:[^\s?])/i

/** Whether an address as the model wrote it leads to the web or to mail, and so may be a link. */
export function leadsToTheWeb(address: string): boolean {
  return WEB_OR_MAIL.test(address) && URL.canParse(address)
}
