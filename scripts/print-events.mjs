/**
 * @typedef {import('../src/core/engine.ts').RunEvent} RunEvent
 */

const DIM = '\u001B[2m'
const CHECK = '\u001B[33m'
const PLAIN = '\u001B[0m'

/**
 * Prints a run for people as it comes: thinking dimmed, reflections marked, the answer plain. Without colours each channel is named.
 * @param {(text: string) => void} write
 * @param {boolean} hasColours
 * @returns {(event: RunEvent) => void}
 */
export function createEventPrinter(write, hasColours) {
  /** @type {Map<string, 'thinking' | 'reflection'>} */
  const kinds = new Map()
  let channel = ''
  let atLineStart = true

  /** @param {string} text */
  function say(text) {
    if (text === '') return
    write(text)
    atLineStart = text.endsWith('\n')
  }

  /** @param {'thinking' | 'reflection' | 'output'} next */
  function turnTo(next) {
    if (next === channel) return
    channel = next
    if (!atLineStart) say('\n')
    if (hasColours) say({ thinking: DIM, reflection: `${PLAIN}${CHECK}↺ `, output: PLAIN }[next])
    else say(`[${next}] `)
    atLineStart = true // what was said so far moves nothing
  }

  return (event) => {
    switch (event.type) {
      case 'reasoning-start':
        kinds.set(event.id, event.kind)
        break
      case 'reasoning-delta':
      case 'text-delta': {
        const next = event.type === 'text-delta' ? 'output' : (kinds.get(event.id) ?? 'thinking')
        // White space between blocks belongs to no channel that a reader sees.
        const text = next === channel ? event.delta : event.delta.trimStart()
        if (text === '') break
        turnTo(next)
        say(text)
        break
      }
      case 'finish':
        if (!atLineStart) say('\n')
        if (hasColours) write(PLAIN)
        channel = ''
        break
      default:
        break
    }
  }
}
