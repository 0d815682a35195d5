import { countChecks, type ReasoningStep } from './arrange-reply.ts'
import { lastLineOf } from './last-line.ts'

/**
 * What a check found of the line before it.
 *
 * A line that is struck out although it was right is worse than one that is not struck out although it was wrong: where in doubt the
 * verdict is unknown. The rule, whose first part that says something decides:
 * - `…, not 388: 47*8=376`, as Reflection Tiny writes it, is a correction, and says after the colon what holds; `…, right` confirms.
 * - Words, sentence by sentence; questions, doubts ("might", "perhaps", "if") and announcements ("check for errors") say nothing. An admission
 *   ("I made a mistake", "I mixed up") corrects; so does "that is wrong", unless another sentence says that all is well;
 *   "correct", "it holds", "no mistake" confirm, unless another sentence says that something is wrong.
 * - Both the line and the check end in `= <number>`: the same confirms, and one that stands nowhere in the line corrects.
 * - Anything else is unknown: it was checked, and no more is said of it.
 */
export interface CheckFinding {
  readonly verdict: 'corrected' | 'confirmed' | 'unknown'
  /** What holds in place of what was checked; absent where no line of the check says that alone. */
  readonly right?: string
  /** The check without what is `right`. */
  readonly reason: string
}

/** The end of a check says what came of it; what stands further up is not read. UTF-16 code units. */
const READ = 2000

/** "not <claim>: <what holds>", in one line at the end. */
const NOT_THIS_BUT = /\bnot [^\n:]{1,200}:[ \t]*([^\n]{1,200})$/i

const ENDS_RIGHT = /(?:^|[,;:]\s*)right[.!]?$/i

/** A line that ends in a result. */
const RESULT = /[=≈]\s*[€$£]?(-?\d+(?:[.,]\d+)*)\s*[^\s\d=≈]{0,12}$/u

const ADMITS =
  /\bI(?: have|['’]ve| had| just)? (?:made (?:a|an|the|one)(?: \w+)? (?:mistake|error|slip)|miscounted|miscalculated|misread|forgot|overlooked|mixed (?:up|the two up)|confused)\b|\bmis(?:counted|calculated)\b|算错|数错|我错了/iu

const SAYS_WRONG =
  /\bmy (?:\w+ ){1,2}(?:was|is) (?:off|wrong|one short|one too many|incorrect)\b|\b(?:that|this|it|which|the (?:line|step|sum|answer|result|count|product|claim|order|year|date))(?:['’]s| is| was| were) (?:wrong|incorrect|inaccurate|mistaken|not (?:right|correct|true)|a mistake|an error|off by)\b|\b(?:is|are|was|were) not (?:right|correct|true)\b|\b(?:is|are|was|were)n['’]t (?:right|correct|true)\b|\b(?:does not|doesn['’]t) (?:follow|add up|hold|check out)\b|\bshould(?: actually| instead| rather)? (?:have been|be) (?!safe|fine|careful|sure|able|easy|enough|noted)[^.]{0,40}\d|\binstead of \S+\d|这是错的|不正确|不对|应该是|应为|stimmt nicht|ist falsch|es incorrecto|está mal|c['’]est faux|je me suis trompé/iu

const SAYS_RIGHT =
  /\b(?:is|are|was|were|looks?|that['’]s|it['’]s|all|yes,?)(?: (?:indeed|all|also|still|both|exactly|entirely|perfectly))* (?:correct|right|accurate|consistent|sound|valid|good)\b|\b(?:it|that|this|everything|which|answer|result|claim|reasoning) (?:still )?(?:holds|stands|matches|agrees|checks out|adds up)\b|\b(?:checks out|adds up|confirmed|we['’]re good|all good|keep it|fine as is|as I said|same as before)\b|\b(?:no|nothing|not an?|without)(?: \w+){0,2} (?:mistakes?|errors?|wrong|incorrect|issues?|problems?|change needed|to (?:fix|correct|change))\b|^(?:yes|yep|correct|right|good|ok|okay|keep)[.!,]?$|^(?:yes|yep), [^?]{1,40}$|✓|✔|(?<!不)正确|是对的|没错|没有错|无误|没有问题|符合题意|\bstimmt\b(?! nicht)|\bpasst\b|\bcorrecto\b|c['’]est bon|rien à corriger/iu

/** Leaves open whether it is so. */
const DOUBTS =
  /\b(?:might|may|could|would|wouldn['’]t|perhaps|possibly|maybe|if|whether|unless|often|feels?|seems?|looks like|guess|suppose|popular|many people|people)\b|也许|可能|vielleicht|peut-être|quizás/iu

/** Announces a look and says nothing of what it finds. */
const ANNOUNCES =
  /\b(?:check|examine|look|search)(?:ing)? (?:\w+ ){0,3}for\b|\b(?:double[- ]?check|let(?: me|['’]s) (?:check|verify|see|re))/i

/**
 * @param check - The whole text of a check.
 * @param checked - The line before it, which it is about; empty where there is none.
 */
export function judgeCheck(check: string, checked: string): CheckFinding {
  const reason = check.trim()
  const end = reason.slice(-READ)
  const right = NOT_THIS_BUT.exec(end)?.[1]?.trim()
  if (right !== undefined && right !== '') {
    return { verdict: 'corrected', right, reason: reason.slice(0, -right.length).replace(/:[ \t]*$/, '') }
  }
  if (ENDS_RIGHT.test(end)) return { verdict: 'confirmed', reason }
  const inWords = verdictOfWords(end)
  const verdict = inWords === 'unknown' ? verdictOfResults(end, checked.trim().slice(-READ)) : inWords
  return { verdict, reason }
}

/** A check that counts back from the result ends in another number of the same line, which corrects nothing. */
function verdictOfResults(check: string, checked: string): CheckFinding['verdict'] {
  const [found, claimed] = [check, checked].map((text) => RESULT.exec(text)?.[1])
  if (found === undefined || claimed === undefined) return 'unknown'
  if (found === claimed) return 'confirmed'
  return numbersOf(check).includes(claimed) || numbersOf(checked).includes(found) ? 'unknown' : 'corrected'
}

function numbersOf(text: string): string[] {
  return Array.from(text.matchAll(/-?\d+(?:[.,]\d+)*/g), ([number]) => number)
}

function verdictOfWords(text: string): CheckFinding['verdict'] {
  const found = new Set(sentencesOf(text).map(wordsOf))
  if (found.has('admits')) return 'corrected'
  if (found.has('wrong')) return found.has('right') ? 'unknown' : 'corrected'
  return found.has('right') ? 'confirmed' : 'unknown'
}

function wordsOf(sentence: string): 'admits' | 'wrong' | 'right' | undefined {
  if (/[?？]$/.test(sentence) || ANNOUNCES.test(sentence)) return undefined
  if (SAYS_RIGHT.test(sentence)) return SAYS_WRONG.test(sentence) ? undefined : 'right'
  if (DOUBTS.test(sentence)) return undefined
  if (ADMITS.test(sentence)) return 'admits'
  return SAYS_WRONG.test(sentence) ? 'wrong' : undefined
}

/** A full stop ends a sentence only before white space: 9.9 is one word. */
function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+|(?<=[。！？])|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
}

/** How many checks some steps hold, and how many of them are known to have corrected something. */
export function countFindings(steps: readonly ReasoningStep[]): {
  readonly checks: number
  readonly corrected: number
} {
  const checks = new Map<number, { readonly text: string; readonly checked: string }>() // thinking may interrupt a check
  let checked = ''
  for (const step of steps) {
    if (step.kind === 'thinking') {
      checked = lastLineOf(step.text)
      continue
    }
    const begun = checks.get(step.check)
    checks.set(step.check, { text: `${begun?.text ?? ''}\n${step.text}`, checked: begun?.checked ?? checked })
    checked = '' // a check right after another is about no line
  }
  const findings = [...checks.values()].map((check) => judgeCheck(check.text, check.checked))
  return { checks: countChecks(steps), corrected: findings.filter(({ verdict }) => verdict === 'corrected').length }
}
