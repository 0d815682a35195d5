import { EMBEDDED, openHeadless, valueOf } from '../../scripts/headless-page.mjs'
import { loadEmbedded } from '../browser.mjs'
import { number, share, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'
import { createConversations } from '../two-turn-questions.mjs'

const SEED = 4
const MAX_TOKENS = 400

/**
 * @typedef {import('../../src/core/engine.ts').ChatMessage} ChatMessage
 * @typedef {import('../../src/core/engine.ts').GenerateOptions} GenerateOptions
 * @typedef {'keep' | 'drop'} PastThinking
 * @typedef {{ isRight: boolean, output: string, firstTokenMs: number, totalMs: number, promptTokens: number, reusedTokens: number, completionTokens: number }} Turn
 */

/**
 * The second question of a conversation, with the thinking of the first reply kept or dropped.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureHistory({ isQuick, browser, siteUrl, say }) {
  const conversations = createConversations(isQuick ? 2 : 48, SEED)
  const page = await openHeadless(await browser.newContext(), siteUrl)
  await loadEmbedded(page)
  /** @type {{ first: Turn, keep: Turn, drop: Turn, question: string, answer: string }[]} */
  const runs = []
  for (const [first, second] of conversations) {
    /** @type {ChatMessage[]} */
    const opening = [{ role: 'user', content: first.question }]
    const reply = await generate(page, opening, 'keep', first.answer)
    /** @type {ChatMessage[]} */
    const messages = [
      ...opening,
      { role: 'assistant', content: reply.text },
      { role: 'user', content: second.question },
    ]
    // Keeping first: the cache still has the first reply then. Dropping finds what stands before that reply in it, then and now.
    const keep = await generate(page, messages, 'keep', second.answer)
    const drop = await generate(page, messages, 'drop', second.answer)
    runs.push({ ...second, first: reply.turn, keep: keep.turn, drop: drop.turn })
    say(
      `${runs.length} of ${conversations.length}: ${second.question} ${second.answer}; kept ${keep.turn.output}, dropped ${drop.turn.output}`,
    )
  }
  await page.context().close()

  /** @param {PastThinking} policy */
  const summary = (policy) => ({
    right: runs.filter((run) => run[policy].isRight).length,
    firstTokenMs: spreadOf(runs.map((run) => run[policy].firstTokenMs)),
    totalMs: spreadOf(runs.map((run) => run[policy].totalMs)),
    meanPromptTokens: runs.reduce((sum, run) => sum + run[policy].promptTokens, 0) / runs.length,
  })
  const [keep, drop] = [summary('keep'), summary('drop')]
  /** @param {string} name @param {ReturnType<typeof summary>} policy */
  const rowsOf = (name, { right, firstTokenMs, totalMs, meanPromptTokens }) => [
    { what: `${name}: right answers`, value: share(right, runs.length) },
    { what: `${name}: time to the first token`, value: `${spread(firstTokenMs, 0)} ms` },
    { what: `${name}: time to the end`, value: `${spread(totalMs, 0)} ms` },
    { what: `${name}: tokens of the prompt, mean`, value: number(meanPromptTokens, 0) },
  ]
  return {
    result: { model: EMBEDDED, seed: SEED, conversations: runs.length, keep, drop, runs },
    rows: [
      {
        what: 'First question: right answers',
        value: share(runs.filter(({ first }) => first.isRight).length, runs.length),
      },
      ...rowsOf('Past thinking kept', keep),
      ...rowsOf('Past thinking dropped', drop),
    ],
    notes: [
      `The second question of ${runs.length} conversations of two (sums, comparisons, letters, products), temperature 0, always the same ones. ` +
        'Right is an output that is the expected one, character for character.',
    ],
  }
}

/**
 * @param {import('playwright').Page} page
 * @param {readonly ChatMessage[]} messages Without the system prompt, which is put first.
 * @param {PastThinking} pastThinking
 * @param {string} answer
 * @returns {Promise<{ text: string, turn: Turn }>} `text`: the raw reply.
 */
async function generate(page, messages, pastThinking, answer) {
  const options = { temperature: 0, maxTokens: MAX_TOKENS, pastThinking }
  const { outcome, text, output } = await page.evaluate(generateInPage, { messages, options })
  const { timeToFirstTokenMs: firstTokenMs, totalMs, promptTokens, reusedTokens, completionTokens } = valueOf(outcome)
  const isRight = output === answer
  return { text, turn: { isRight, output, firstTokenMs, totalMs, promptTokens, reusedTokens, completionTokens } }
}

/** Runs in the page. @param {{ messages: readonly ChatMessage[], options: GenerateOptions }} request */
async function generateInPage({ messages, options }) {
  /** @type {ChatMessage} */
  const instructions = { role: 'system', content: secondThought.systemPrompt }
  let text = ''
  let output = ''
  const outcome = await secondThought.generate({ messages: [instructions, ...messages], options }, (batch) => {
    for (const event of batch) {
      if (event.type === 'reasoning-delta' || event.type === 'text-delta') text += event.delta
      if (event.type === 'markup') text += event.raw
      if (event.type === 'text-delta') output += event.delta
    }
  })
  return { outcome, text, output: output.trim() }
}
