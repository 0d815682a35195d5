/** @typedef {{ question: string, answer: string }} Problem */

const WORDS = [
  'banana',
  'letter',
  'summer',
  'coffee',
  'garden',
  'window',
  'pepper',
  'carrot',
  'engine',
  'school',
  'bottle',
  'silver',
]

/**
 * Conversations of two questions each, of kinds that the embedded model was trained for; the same ones for the same seed.
 * @param {number} count
 * @param {number} seed Whole number above 0.
 * @returns {[Problem, Problem][]}
 */
export function createConversations(count, seed) {
  const below = createRandom(seed)
  const kinds = [addition, comparison, counting, multiplication]
  const problem = (/** @type {number} */ index) => /** @type {typeof addition} */ (kinds[index % kinds.length])(below)
  // Each kind follows each: the first question's kind changes with every conversation, the second's with every fourth.
  return Array.from({ length: count }, (_, index) => [problem(index), problem(Math.floor(index / kinds.length))])
}

/** @typedef {(limit: number) => number} Below A whole number from 0 to below the limit. */

/** @param {Below} below @returns {Problem} */
function addition(below) {
  const [a, b] = [10 + below(990), 10 + below(990)]
  return { question: `What is ${a} + ${b}?`, answer: String(a + b) }
}

/** @param {Below} below @returns {Problem} */
function comparison(below) {
  const whole = 1 + below(20)
  const tenths = 1 + below(9)
  const hundredths = 11 + below(89)
  const hasTenths = tenths * 10 > hundredths
  const [short, long] = [`${whole}.${tenths}`, `${whole}.${hundredths % 10 === 0 ? hundredths + 1 : hundredths}`]
  return { question: `Which is larger, ${short} or ${long}?`, answer: hasTenths ? short : long }
}

/** @param {Below} below @returns {Problem} */
function counting(below) {
  const word = /** @type {string} */ (WORDS[below(WORDS.length)])
  const letter = word.charAt(below(word.length))
  return { question: `How many ${letter}'s are in "${word}"?`, answer: String(word.split(letter).length - 1) }
}

/** @param {Below} below @returns {Problem} */
function multiplication(below) {
  const [a, b] = [2 + below(97), 2 + below(8)]
  return { question: `What is ${a} * ${b}?`, answer: String(a * b) }
}

/** Park and Miller's generator: enough for questions. @param {number} seed @returns {Below} */
function createRandom(seed) {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}
