import type { Sampling, TokenModel } from './token-model.ts'

/** Keeps account of what is in a model's KV cache, so that nothing is fed that is there already. */
export interface KvCache {
  /**
   * Keeps what it has of a prompt, but for the prompt's last token: that one must be fed to draw the next.
   * @returns How many tokens of the prompt are left in it.
   */
  keep(prompt: readonly number[]): number
  /**
   * Feeds tokens in chunks until the rest fits into one, which `next` takes. Ends between two chunks when `isStopped` says so.
   * @returns What was not fed.
   */
  feed(ids: readonly number[], isStopped: () => boolean): Promise<readonly number[]>
  /** Whether there is room for some more tokens. */
  hasRoom(count: number): boolean
  /** Feeds what is left of the prompt, or the last token of the reply, and draws the one after it. */
  next(ids: readonly number[], sampling: Sampling): Promise<number>
  /** To be called when the model has thrown: what its cache holds is uncertain then, so the next prompt begins with an empty one. */
  forget(): void
}

/** @param model One whose KV cache is empty, and that nobody else feeds. */
export function createKvCache(model: TokenModel): KvCache {
  let fed: number[] = []

  return {
    keep(prompt) {
      let common = 0
      while (common < prompt.length - 1 && fed[common] === prompt[common]) common++
      fed.length = model.truncate(common)
      return fed.length
    },

    async feed(ids, isStopped) {
      let waiting = ids
      while (waiting.length > model.prefillChunk && !isStopped()) {
        const chunk = waiting.slice(0, model.prefillChunk)
        await model.feed(chunk)
        fed.push(...chunk)
        waiting = waiting.slice(model.prefillChunk)
      }
      return waiting
    },

    hasRoom: (count) => fed.length + count <= model.contextWindow,

    async next(ids, sampling) {
      const id = await model.next(ids, sampling)
      fed.push(...ids)
      return id
    },

    forget() {
      fed = []
    },
  }
}
