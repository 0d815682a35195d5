/** Looks for texts that end an answer, in a stream of it. */
export interface StopTexts {
  /** @returns What can be told: all before the text that was found, or all that cannot become one. */
  push(delta: string): string
  /** What was held back because a text might have begun. */
  flush(): string
  /** The text that was found; absent while there is none. Nothing is told after it. */
  readonly found: string | undefined
}

/** @param stops - None of them empty. */
export function createStopTexts(stops: readonly string[]): StopTexts {
  const longest = Math.max(0, ...stops.map(({ length }) => length))
  let held = ''
  let found: string | undefined

  function push(delta: string): string {
    if (found !== undefined) return ''
    if (longest === 0) return delta
    const text = held + delta
    const [first] = stops
      .map((stop) => ({ stop, at: text.indexOf(stop) }))
      .filter(({ at }) => at >= 0)
      .toSorted((one, other) => one.at - other.at)
    if (first !== undefined) {
      found = first.stop
      held = ''
      return text.slice(0, first.at)
    }
    const cut = beginOfStop(text)
    held = text.slice(cut)
    return text.slice(0, cut)
  }

  /** Where the end of a text may be the beginning of a stop. */
  function beginOfStop(text: string): number {
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
      const rest = text.slice(at)
      if (stops.some((stop) => stop.startsWith(rest))) return at
    }
    return text.length
  }

  return {
    push,
    flush() {
      const rest = held
      held = ''
      return rest
    },
    get found() {
      return found
    },
  }
}
