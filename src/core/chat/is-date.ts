/** Whether a number of milliseconds since the epoch is a date: of chats that were imported, not every time is one. */
export function isDate(milliseconds: number): boolean {
  return !Number.isNaN(new Date(milliseconds).getTime())
}
