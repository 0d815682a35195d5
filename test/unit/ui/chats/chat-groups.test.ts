import { describe, expect, test } from 'vitest'
import { groupChats } from '../../../../src/ui/chats/chat-groups.ts'

const NOON = new Date(2026, 10, 21, 12).getTime()

function chatAt(...[year, month, day, hour = 12, minute = 0]: number[]) {
  const time = new Date(year ?? 0, (month ?? 1) - 1, day, hour, minute).getTime()
  return { id: `${year}-${month}-${day}T${hour}:${minute}`, title: '', createdAt: time, updatedAt: time }
}

function grouped(chats: ReturnType<typeof chatAt>[], now = NOON) {
  return groupChats(chats, now).map((group) => [group.period, group.chats.map(({ id }) => id)])
}

describe('chats are grouped', () => {
  test('by days of the calendar, not by hours that went by', () => {
    const now = new Date(2026, 10, 21, 0, 30).getTime()
    expect(grouped([chatAt(2026, 11, 21, 0, 1), chatAt(2026, 11, 20, 23, 59), chatAt(2026, 11, 20, 0)], now)).toEqual([
      ['today', ['2026-11-21T0:1']],
      ['yesterday', ['2026-11-20T23:59', '2026-11-20T0:0']],
    ])
  })

  test('with the seven days before today, and months from there on', () => {
    const chats = [
      chatAt(2026, 11, 19),
      chatAt(2026, 11, 14, 0),
      chatAt(2026, 11, 13, 23, 59),
      chatAt(2026, 11, 1),
      chatAt(2026, 10, 31),
      chatAt(2025, 11, 30),
      chatAt(2025, 10, 31),
    ]
    expect(groupChats(chats, NOON).map(({ period, chats: { length } }) => [period, length])).toEqual([
      ['week', 2],
      ['month', 2],
      ['month', 1],
      ['month', 1],
      ['month', 1],
    ])
  })

  test('as of today when the clock was set back since', () => {
    expect(grouped([chatAt(2026, 12, 24)])).toEqual([['today', ['2026-12-24T12:0']]])
  })

  test('in the order in which they come', () => {
    expect(grouped([chatAt(2026, 11, 21, 9), chatAt(2026, 11, 21, 11)])).toEqual([
      ['today', ['2026-11-21T9:0', '2026-11-21T11:0']],
    ])
  })

  test('to no group at all when there are none', () => {
    expect(groupChats([], NOON)).toEqual([])
  })

  test('by days also where clocks are changed', () => {
    // Wherever this runs, a whole year of days has the changes in it.
    for (let day = 1; day <= 366; day++) {
      const now = new Date(2026, 0, day, 12).getTime()
      const yesterday = new Date(2026, 0, day - 1, 23, 30).getTime()
      const chat = { id: 'a', title: '', createdAt: yesterday, updatedAt: yesterday }
      expect(groupChats([chat], now)[0]?.period).toBe('yesterday')
    }
  })
})
