import { atom, type WritableAtom } from 'nanostores'

const KEY = 'draft'

/** What was typed and not sent yet; it outlives a reload of this tab, where the browser allows that. */
export function keepDraft(): WritableAtom<string> {
  const $draft = atom(attempt(() => sessionStorage.getItem(KEY)) ?? '')
  $draft.listen((text) => attempt(() => sessionStorage.setItem(KEY, text)))
  return $draft
}

/** Undefined where the browser stores nothing. */
function attempt<Value>(use: () => Value): Value | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
