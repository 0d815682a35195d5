import type { Sampling, TokenModel } from './token-model.ts'

/** How long a chunk that is fed ahead may take, milliseconds: a question that comes meanwhile waits for its end. */
const AHEAD_MS = 100

/**
 * How long a chunk of a prompt may take, milliseconds: whoever stops a run waits for its end, and so does the page's question whether the worker
 * is still alive (`PATIENCE_MS` in `src/client/create-engine.ts`).
 */
const CHUNK_MS = 5000

/** Tokens of the first chunk that is fed ahead, and of the smallest: a GPU that reads all weights for each chunk gains nothing below. */
const LEAST_AHEAD = 8

/** Keeps account of what is in a model's KV cache, so that nothing is fed that is there already. */
export interface KvCache {
  /**
   * Keeps what it has of a prompt, but for the prompt's last token: that one must be fed to draw the next.
   * @returns How many tokens of the prompt are left in it.
   */
  keep(prompt: readonly number[]): number
  /**
   * Feeds tokens in chunks of some seconds at most until the rest fits into one, which `next` takes. Ends between two chunks when `isStopped` says so.
   * @returns What was not fed.
   */
  feed(ids: readonly number[], isStopped: () => boolean): Promise<readonly number[]>
  /** Feeds what is missing of a prompt's beginning, in chunks so small that whoever sets `isStopped` waits only a moment. */
  feedAhead(beginning: readonly number[], isStopped: () => boolean): Promise<void>
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
  let msPerToken: number | undefined // in the last chunk; absent before the first

  async function feedChunk(chunk: readonly number[]): Promise<void> {
    const begin = performance.now()
    await model.feed(chunk)
    msPerToken = (performance.now() - begin) / chunk.length
    fed.push(...chunk)
  }

  /** Tokens that take no longer, as the last chunk went. */
  function tokensIn(ms: number): number {
    if (msPerToken === undefined) return model.firstChunk ?? model.prefillChunk
    return Math.min(model.prefillChunk, Math.max(1, Math.floor(ms / msPerToken)))
  }

  return {
    keep(prompt) {
      fed.length = model.truncate(Math.min(commonLength(fed, prompt), prompt.length - 1))
      return fed.length
    },

    async feed(ids, isStopped) {
      let waiting = ids
      for (;;) {
        const size = tokensIn(CHUNK_MS)
        if (waiting.length <= size || isStopped()) return waiting
        await feedChunk(waiting.slice(0, size))
        waiting = waiting.slice(size)
      }
    },

    async feedAhead(beginning, isStopped) {
      const common = commonLength(fed, beginning)
      if (common === beginning.length) return // what comes after it may be of use
      fed.length = model.truncate(common)
      let size = LEAST_AHEAD
      while (fed.length < beginning.length && !isStopped()) {
        await feedChunk(beginning.slice(fed.length, fed.length + Math.min(size, model.prefillChunk)))
        size = Math.max(LEAST_AHEAD, tokensIn(AHEAD_MS))
      }
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

/** How many tokens two lists have in common from their beginning. */
export function commonLength(one: readonly number[], other: readonly number[]): number {
  const most = Math.min(one.length, other.length)
  let common = 0
  while (common < most && one[common] === other[common]) common++
  return common
}
