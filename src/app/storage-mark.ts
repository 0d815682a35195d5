import type { Mark } from '../state/notice-eviction.ts'

const KEY = 'second-thought.models'

/** Which models were stored, where the browser keeps it apart from its databases; where it keeps nothing, nothing is noticed. */
export const storageMark: Mark = {
  read: () => attempt(() => localStorage.getItem(KEY)) ?? null,
  write: (text) => attempt(() => localStorage.setItem(KEY, text)),
}

function attempt<Value>(use: () => Value): Value | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
