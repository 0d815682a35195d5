/** Names of ours, and of WebLLM, which earlier versions of the page let store by itself. Other pages of the same address may have others. */
export const OUR_NAMES = /^(second-thought|webllm|reflection-chat)/

/** What a tab keeps of its drafts in `sessionStorage` (`keep-drafts.ts`, `sealed-drafts.ts`). */
const DRAFT_KEYS = /^draft(-text|-attached|-rewordings)?(\.sealed)?$/

/** Whether an entry of `localStorage` or `sessionStorage` is of this page. */
export function isOwnKey(key: string): boolean {
  return OUR_NAMES.test(key) || DRAFT_KEYS.test(key)
}

/** Deletes what the page keeps in `localStorage`, and in this tab's `sessionStorage`, which no other tab reaches. */
export function deleteOwnKeys(): void {
  for (const store of keyStores()) for (const key of Object.keys(store)) if (isOwnKey(key)) store.removeItem(key)
}

/** Browsers that store nothing have none, or throw. */
export function keyStores(): Storage[] {
  return [() => localStorage, () => sessionStorage].flatMap((get) => {
    try {
      return [get()]
    } catch {
      return []
    }
  })
}
