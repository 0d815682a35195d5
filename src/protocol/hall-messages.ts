import { fields, oneOf, problemsOf, someText } from '../core/check-data.ts'

/** Changes when tabs of this version could not understand those before. */
export const TAB_PROTOCOL = 1

/** What every tab hears. */
export type HallMessage =
  /** Who has the engine? */
  | { readonly type: 'seek'; readonly tab: string }
  /** This tab has it. */
  | { readonly type: 'lead'; readonly tab: string }

const HALL = fields<HallMessage>({ type: oneOf(['seek', 'lead']), tab: someText })

export function isHallMessage(message: unknown): message is HallMessage {
  return problemsOf(message, HALL).length === 0
}
