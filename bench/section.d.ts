import type { Browser } from 'playwright'

/** What a section has to work with. */
export interface Bench {
  /** Small samples, only to see that everything runs. */
  readonly isQuick: boolean
  /** Where the built site is served; ends with a slash. */
  readonly siteUrl: string
  /** Where another build is served, to be measured in turn with this one; ends with a slash. Absent where none was named. */
  readonly besideUrl?: string
  /** Where the benchmark's own pages are served, and the models beside them; ends with a slash. */
  readonly pagesUrl: string
  /** One for all sections, but for those that need a profile of their own. */
  readonly browser: Browser
  /** Says how it goes. */
  readonly say: (line: string) => void
}

/** A line of the table. */
export interface Row {
  readonly what: string
  readonly value: string
  /** What was hoped for; absent where nothing was. */
  readonly aim?: string
}

export interface Finding {
  /** All numbers, as plain data. */
  readonly result: object
  readonly rows: readonly Row[]
  /** How it was measured, where the lines do not say so. */
  readonly notes: readonly string[]
}

export type Measure = (bench: Bench) => Promise<Finding>
