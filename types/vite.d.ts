/** Of the plugin `second-thought/vite`. */
export interface SecondThoughtOptions {
  /** Where the site serves the worker and the embedded model, below its base. Default: `second-thought`. */
  readonly folder?: string
  /** Other sites whose pages may show `embed.html` in a frame, such as `https://shop.example`. Default: none. */
  readonly origins?: readonly string[]
}

/**
 * Puts the worker and the embedded model where the site serves them: while it is developed from the package itself, in a build as
 * `npx second-thought assets` does. A site whose base is not `/` says so to the chat: `src`, or `assets` of `createEngine`, with
 * `` `${import.meta.env.BASE_URL}second-thought/` ``.
 * @returns A plugin of Vite 5 or newer.
 */
export declare function secondThought(options?: SecondThoughtOptions): { readonly name: string }
