import type { ChatSummary } from '../../core/chat/conversation-store.ts'

/** Chats that were last updated in one stretch of time. */
export interface ChatGroup {
  readonly period: 'today' | 'yesterday' | 'week' | 'month'
  /** When the first of them was updated, milliseconds since the epoch. */
  readonly time: number
  readonly chats: readonly ChatSummary[]
}

/**
 * Groups chats by the day of the calendar here: today, yesterday, the seven days before today, then month by month. Keeps their order.
 * @param chats - The last updated first.
 * @param now - Milliseconds since the epoch; what is later counts as today, because clocks are set back.
 */
export function groupChats(chats: readonly ChatSummary[], now: number): ChatGroup[] {
  const groups: { period: ChatGroup['period']; time: number; chats: ChatSummary[] }[] = []
  const today = startOfDay(now)
  for (const chat of chats) {
    const { updatedAt: time } = chat
    const period = periodOf(time, today)
    const last = groups.at(-1)
    const isSame = last?.period === period && (period !== 'month' || isSameMonth(last.time, time))
    if (isSame) last.chats.push(chat)
    else groups.push({ period, time, chats: [chat] })
  }
  return groups
}

function periodOf(time: number, today: number): ChatGroup['period'] {
  // Rounded, because days on which clocks are changed have 23 or 25 hours.
  const days = Math.round((today - startOfDay(time)) / 86_400_000)
  if (days <= 0) return 'today'
  if (days === 1) return 'yesterday'
  return days <= 7 ? 'week' : 'month'
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0)
}

function isSameMonth(one: number, other: number): boolean {
  const [first, second] = [new Date(one), new Date(other)]
  return first.getFullYear() === second.getFullYear() && first.getMonth() === second.getMonth()
}
