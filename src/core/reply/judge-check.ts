import { countChecks, type ReasoningStep } from './arrange-reply.ts'

/**
 * What a check found of the line before it.
 *
 * The rule:
 * - `…, not 388: 47*8=376`, as Reflection Tiny writes it, is a correction, and says after the colon what holds.
 * - `…, right`, as Reflection Tiny ends, confirms.
 * - Of other texts words decide. An admission ("I made a mistake", "should be", "miscounted") corrects. Else it corrects when sentences
 *   speak of something wrong and none of something right, and confirms when it is the other way round. Questions say nothing, and
 *   neither does "the correct answer is" or "check for errors".
 * - "Wait", "no" and "rather" at the beginning of a sentence correct where no other words decide.
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

const ADMITS =
  /\bI (?:have |had |did |just |had just )?(?:made|missed|forgot|overlooked)\b|\bmis(?:counted|calculated|read|stated)\b|\bshould(?: actually| instead| rather)?(?: have been| be| read| say)\b|错了|算错|数错|应该是|应为|更正|纠正/i

const SAYS_NO_MISTAKE =
  /\b(?:no|any|without|nothing|not an?)(?: \w+){0,2} (?:mistakes?|errors?|wrong|incorrect|issues?|problems?)\b|没有(?:错|误|问题)|没错|无误/i

const SAYS_WRONG =
  /\b(?:not|isn['’]t|wasn['’]t|aren['’]t)(?: \w+)? (?:correct|right|true|valid|accurate|consistent)\b|\b(?:does|do)(?: not|n['’]t) (?:match|hold|add up|check out|work|fit|satisfy)\b|\b(?:incorrect|inaccurate|mistake|mistaken|error|wrong)\b|\b(?:correction|instead of)\b|不正确|不对|有误|而不是|并非/i

const SAYS_RIGHT =
  /\b(?:check|add|hold)s? (?:out|up)\b|\b(?:holds|matches|agrees|confirmed|verified)\b|\b(?:is|are|was|were|looks?|seems?|appears?|that['’]s|it['’]s|all|yes,?)(?: (?:indeed|all|also|still|now))* (?:correct|right|accurate|consistent|sound|valid|good)\b|^(?:yes,? )?(?:correct|right|good|consistent|confirmed)\b[.!,]?$|正确|是对的|^对的?[。！]?$/i

const HINTS_AT_WRONG = /^(?:no|wait|oops|hold on|rather|actually|等等|不)(?![\p{L}\p{N}'’-])/iu

/** Announces a look and says nothing of what it finds. */
const ANNOUNCES =
  /\b(?:check|examine|look|search)(?:ing)? (?:\w+ ){0,3}for\b|\b(?:double[- ]?check|let(?: me|['’]s) (?:check|verify|see|re))/i

/** @param check - The whole text of a check. */
export function judgeCheck(check: string): CheckFinding {
  const reason = check.trim()
  const end = reason.slice(-READ)
  const right = NOT_THIS_BUT.exec(end)?.[1]?.trim()
  if (right !== undefined && right !== '') {
    return { verdict: 'corrected', right, reason: reason.slice(0, -right.length).replace(/:[ \t]*$/, '') }
  }
  return { verdict: ENDS_RIGHT.test(end) ? 'confirmed' : verdictOf(end), reason }
}

function verdictOf(text: string): CheckFinding['verdict'] {
  const sentences = sentencesOf(text).filter((sentence) => !/[?？]$/.test(sentence))
  const found = new Set(sentences.map(wordsOf))
  if (found.has('admits')) return 'corrected'
  if (found.has('wrong')) return found.has('right') ? 'unknown' : 'corrected'
  if (found.has('right')) return 'confirmed'
  return found.has('hints') ? 'corrected' : 'unknown'
}

function wordsOf(sentence: string): 'admits' | 'wrong' | 'right' | 'hints' | undefined {
  if (SAYS_NO_MISTAKE.test(sentence)) return ANNOUNCES.test(sentence) ? undefined : 'right'
  if (ANNOUNCES.test(sentence)) return undefined
  if (ADMITS.test(sentence)) return 'admits'
  if (SAYS_WRONG.test(sentence)) return 'wrong'
  if (SAYS_RIGHT.test(sentence)) return 'right'
  return HINTS_AT_WRONG.test(sentence) ? 'hints' : undefined
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
  const texts = new Map<number, string>() // by check, whose text thinking may interrupt
  for (const step of steps) {
    if (step.kind === 'reflection') texts.set(step.check, `${texts.get(step.check) ?? ''}\n${step.text}`)
  }
  const findings = [...texts.values()].map(judgeCheck)
  return { checks: countChecks(steps), corrected: findings.filter(({ verdict }) => verdict === 'corrected').length }
}
