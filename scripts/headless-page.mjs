/** The model that comes with the page. */
export const EMBEDDED = 'reflection-tiny'

/**
 * Opens the engine without a page around it, as `src/protocol/headless.ts` describes it; nothing is loaded yet.
 * @param {import('playwright').BrowserContext} context
 * @param {string} siteUrl Of the built site, with a slash at its end.
 * @param {import('../src/core/engine.ts').EngineChoice} [engine] What models run on. Default: the GPU, or the software that plays it.
 * @returns {Promise<import('playwright').Page>} Its calls may take as long as they like.
 */
export async function openHeadless(context, siteUrl, engine = 'gpu') {
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  await page.goto(`${siteUrl}headless.html?engine=${engine}`)
  return page
}

/**
 * @template Value
 * @param {import('../src/protocol/headless.ts').Outcome<Value>} outcome
 * @returns {Value}
 * @throws {Error} When it is a failure, with the engine's words.
 */
export function valueOf(outcome) {
  if ('value' in outcome) return outcome.value
  throw new Error(`${outcome.message} (${outcome.code})`)
}
