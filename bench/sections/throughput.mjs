import { EMBEDDED, openHeadless, valueOf } from '../../scripts/headless-page.mjs'
import { loadEmbedded } from '../browser.mjs'
import { number, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

/** A long reply of the embedded model. */
const QUESTION = 'What is 4758 * 2674?'
const MAX_TOKENS = 400

/**
 * @typedef {import('playwright').Page} Page
 * @typedef {{ text: string, tokens: number, tokensPerSecond: number }} Sample
 */

/**
 * Tokens a second as they arrive in our page, after worker, parser and events, beside WebLLM's own streaming loop in a worker.
 * Both have the model loaded in the same browser and take turns.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureThroughput({ isQuick, browser, siteUrl, pagesUrl, say }) {
  const ours = await openHeadless(await browser.newContext(), siteUrl)
  await loadEmbedded(ours)
  const context = await browser.newContext()
  const theirs = await context.newPage()
  theirs.setDefaultTimeout(0)
  await theirs.goto(`${pagesUrl}raw-webllm.html`)
  await theirs.evaluate(() => rawWebLLM.load())
  const maxTokens = isQuick ? 40 : MAX_TOKENS
  const runs = isQuick ? 2 : 9
  await sampleOurs(ours, maxTokens) // the first run of each compiles what the others find compiled
  await sampleTheirs(theirs, maxTokens)

  /** @type {Sample[]} */
  const oursSamples = []
  /** @type {Sample[]} */
  const theirsSamples = []
  for (let run = 0; run < runs; run++) {
    const pair = [() => sampleOurs(ours, maxTokens), () => sampleTheirs(theirs, maxTokens)]
    if (run % 2 === 1) pair.reverse() // neither is always the one that comes after the other
    const samples = [await pair[0]?.(), await pair[1]?.()]
    if (run % 2 === 1) samples.reverse()
    const [our, their] = samples
    if (our === undefined || their === undefined) continue
    oursSamples.push(our)
    theirsSamples.push(their)
    say(`run ${run + 1} of ${runs}: ours ${number(our.tokensPerSecond)}, theirs ${number(their.tokensPerSecond)}`)
  }
  await ours.context().close()
  await context.close()

  const oursSpeed = spreadOf(oursSamples.map(({ tokensPerSecond }) => tokensPerSecond))
  const theirsSpeed = spreadOf(theirsSamples.map(({ tokensPerSecond }) => tokensPerSecond))
  const ratios = oursSamples.map(
    ({ tokensPerSecond }, run) => tokensPerSecond / (theirsSamples[run]?.tokensPerSecond ?? NaN),
  )
  const ratio = { ofMedians: oursSpeed.median / theirsSpeed.median, pairs: spreadOf(ratios) }
  const isSameText = new Set([...oursSamples, ...theirsSamples].map(({ text }) => text)).size === 1
  return {
    result: {
      model: EMBEDDED,
      question: QUESTION,
      isSameText,
      ours: { ...oursSpeed, samples: oursSamples },
      theirs: { ...theirsSpeed, samples: theirsSamples },
      ratio,
    },
    rows: [
      { what: 'Tokens a second in our page', value: spread(oursSpeed) },
      { what: 'Tokens a second, WebLLM by itself', value: spread(theirsSpeed) },
      {
        what: 'Ours by theirs, of the medians',
        value: `${number(ratio.ofMedians, 3)} (pairs: ${spread(ratio.pairs, 3)})`,
        aim: 'at least 0.98',
      },
    ],
    notes: [
      `"${QUESTION}", temperature 0, ${oursSamples[0]?.tokens ?? 0} tokens (theirs ${theirsSamples[0]?.tokens ?? 0}), ${runs} runs of each in turn in one browser; the replies were ` +
        `${isSameText ? 'the same' : 'not all the same'}. Ours is timed where the events arrive in the page; WebLLM 0.2.86 in its own worker, ` +
        'with nothing sent to a page.',
    ],
  }
}

/** @param {Page} page @param {number} maxTokens @returns {Promise<Sample>} */
async function sampleOurs(page, maxTokens) {
  const { outcome, text, arrivals } = await page.evaluate(askInPage, { question: QUESTION, maxTokens })
  valueOf(outcome)
  const [first, last] = [arrivals[0], arrivals.at(-1)]
  if (first === undefined || last === undefined) throw new Error('The model replied nothing.')
  return { text, tokens: last.tokens, tokensPerSecond: ((last.tokens - first.tokens) / (last.at - first.at)) * 1000 }
}

/** Runs in the page: how many tokens had arrived at what time, milliseconds. @param {{ question: string, maxTokens: number }} request */
async function askInPage({ question, maxTokens }) {
  let text = ''
  /** @type {{ tokens: number, at: number }[]} */
  const arrivals = []
  const outcome = await secondThought.ask(question, { temperature: 0, maxTokens }, undefined, (batch) => {
    for (const event of batch) {
      if (event.type === 'reasoning-delta' || event.type === 'text-delta') text += event.delta
      if (event.type === 'markup') text += event.raw
      if (event.type !== 'progress') continue
      const { thinking, reflection, output, markup } = event.tokens
      const tokens = thinking + reflection + output + markup
      if (tokens > (arrivals.at(-1)?.tokens ?? 0)) arrivals.push({ tokens, at: performance.now() })
    }
  })
  return { outcome, text, arrivals }
}

/** @param {Page} page @param {number} limit @returns {Promise<Sample>} */
async function sampleTheirs(page, limit) {
  const { text, pieces, decodeMs } = await page.evaluate(
    // The model's own configuration has the Reflection system prompt, word for word.
    ({ question, maxTokens }) => rawWebLLM.reply([{ role: 'user', content: question }], maxTokens),
    { question: QUESTION, maxTokens: limit },
  )
  return { text, tokens: pieces, tokensPerSecond: ((pieces - 1) / decodeMs) * 1000 }
}
