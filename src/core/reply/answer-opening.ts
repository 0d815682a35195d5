import type { TagDialect } from '../tags/dialect.ts'
import type { ReplyPlace } from './reply-place.ts'

/**
 * What closes the thinking and opens the answer, from where a reply stands: as the Reflection models were trained to go on, and as the
 * makers of the `think` models write an empty thinking. When that is due, `think-budget.ts` says.
 *
 * @param raw The reply so far.
 */
export function answerOpening(dialect: TagDialect, place: ReplyPlace, raw: string): string {
  const { thinking, reflection, output } = dialect
  const lineEnd = raw === '' || raw.endsWith('\n') ? '' : '\n'
  if (output === undefined) {
    if (place.open.length === 0) return `<${thinking}>\n\n</${thinking}>\n\n`
    return `${raw === '' ? '\n' : lineEnd}</${thinking}>\n\n`
  }
  if (place.open.length === 0) return `<${output}>`
  const closing = place.open.toReversed().map((kind) => `</${kind === 'reflection' ? reflection : thinking}>\n`)
  return `${lineEnd}${closing.join('')}<${output}>`
}
