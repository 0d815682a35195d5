import type { RunEvent } from '../../../../src/core/engine.ts'

/** Throws where starts and ends of a run do not pair, where a piece does not follow the one before it, or where anything follows the end. */
export function expectOrder(events: readonly RunEvent[], begin?: number): void {
  const open: string[] = []
  let at = begin
  for (const [index, event] of events.entries()) {
    if (event.type === 'reasoning-start' || event.type === 'text-start') open.push(event.id)
    if (event.type === 'reasoning-end' || event.type === 'text-end') {
      if (open.pop() !== event.id) throw new Error(`${event.id} ends, but is not the innermost`)
    }
    if ('delta' in event || event.type === 'markup') {
      if (at !== undefined && event.start !== at) throw new Error(`a piece begins at ${event.start} instead of ${at}`)
      at = event.end
    }
    if (event.type === 'finish' && events.slice(index + 1).some(({ type }) => type !== 'progress')) {
      throw new Error('something follows the end')
    }
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} never end`)
}
