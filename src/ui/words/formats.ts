/** Numbers and dates as readers of one language write them. */
export interface Formats {
  /** `12,345` */
  number(value: number): string
  /** About as many, in words: `4.7 million`. */
  roundNumber(value: number): string
  /** A share of 1: `25%`. */
  percent(share: number): string
  /** Decimal units, as file managers and operators of networks count them: `5.6 MB`. */
  bytes(bytes: number): string
  /** At most two units, each a little apart where it is a letter: `0.4 s`, `12 s`, `3 m 5 s`, `1 h 2 m`. */
  duration(seconds: number): string
  /** The same in whole seconds. */
  wholeDuration(seconds: number): string
  /** Day and time. @param time - Milliseconds since the epoch. */
  dateTime(time: number): string
  /** Only what tells the time apart: the hour today, the day this year, else the date. */
  shortDate(time: number, now: number): string
  /** `one`, `two` and `three`, the last two joined by the word for it. */
  list(parts: readonly string[]): string
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** @param language - BCP 47. */
export function createFormats(language: string): Formats {
  const numbers = new Intl.NumberFormat(language)
  const roundNumbers = new Intl.NumberFormat(language, {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 3,
  })
  const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const dateTimes = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const times = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
  const days = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' })
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
  const lists = new Intl.ListFormat(language, { type: 'conjunction' })
  const units = new Map<string, Intl.NumberFormat>()

  function inUnit(value: number, unit: string, digits: number): string {
    // "12 s" and "3 m 5 s" are read at a glance; of sizes only bytes have a short name that is no sign.
    const unitDisplay = unit.endsWith('byte') && unit !== 'byte' ? 'short' : 'narrow'
    const key = `${unit}${digits}`
    const known = units.get(key)
    const options = { style: 'unit', unit, unitDisplay } as const
    const format =
      known ??
      new Intl.NumberFormat(language, { ...options, minimumFractionDigits: digits, maximumFractionDigits: digits })
    units.set(key, format)
    return format.format(value)
  }

  /** A unit that is a letter stands a little apart from its number. */
  function inTime(value: number, unit: string, digits = 0): string {
    return inUnit(value, unit, digits).replace(/(\d)([a-z])/, '$1\u202f$2')
  }

  function wholeDuration(seconds: number): string {
    const whole = Math.round(seconds)
    if (whole < 60) return inTime(whole, 'second')
    const [large, small] = whole < 3600 ? (['minute', 'second'] as const) : (['hour', 'minute'] as const)
    const size = whole < 3600 ? 60 : 3600
    const rest = Math.floor((whole % size) / (size / 60))
    return `${inTime(Math.floor(whole / size), large)} ${inTime(rest, small)}`
  }

  return {
    number: (value) => numbers.format(value),
    roundNumber: (value) => roundNumbers.format(value),
    percent: (share) => percents.format(share),
    bytes(bytes) {
      let value = bytes
      let unit = 0
      while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
        value /= 1000
        unit += 1
      }
      return inUnit(value, BYTE_UNITS[unit] ?? 'byte', unit > 0 && value < 9.95 ? 1 : 0)
    },
    duration(seconds) {
      if (seconds < 0.05) return `<${inTime(0.1, 'second', 1)}` // nothing takes no time
      if (seconds < 9.95) return inTime(seconds, 'second', 1)
      return wholeDuration(seconds)
    },
    wholeDuration,
    dateTime: (time) => dateTimes.format(time),
    shortDate(time, now) {
      const then = new Date(time)
      const today = new Date(now)
      if (then.toDateString() === today.toDateString()) return times.format(time)
      return (then.getFullYear() === today.getFullYear() ? days : dates).format(time)
    },
    list: (parts) => lists.format(parts),
  }
}
