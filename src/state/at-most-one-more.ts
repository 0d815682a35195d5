/**
 * Makes of many calls of some work one that goes on and one more after it: whoever calls meanwhile waits for that one, which sees all that was
 * done before it began. So a flood of messages costs no more than a few.
 */
export function atMostOneMore(work: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined
  let next: Promise<void> | undefined

  function begin(): Promise<void> {
    const mine = work().finally(() => {
      if (current === mine) current = undefined
    })
    current = mine
    return mine
  }

  return () => {
    if (current === undefined) return begin()
    next ??= current
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return begin()
      })
    return next
  }
}
