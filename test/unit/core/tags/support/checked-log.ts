import { createTagParser, type FinishReason, type TagEvent, type TagParserOptions } from '../../../../../src/parser.ts'

/**
 * Runs a stream and returns its events in one string that leaves out nothing but where deltas were cut.
 * Throws when the events break a promise that holds for every stream: raw pieces join to the input, starts and ends pair
 * and nest, text blocks do not overlap others, and no delta of a well-formed input has half a surrogate pair.
 */
export function logStream(chunks: readonly string[], options: TagParserOptions, finish: FinishReason): string {
  let log = ''
  let offset = 0
  let lastDelta = ''
  let reclassified = false
  const open: string[] = []
  const input = chunks.join('')
  const wellFormed = isWellFormed(input)
  const fail = (why: string, event?: TagEvent) => {
    throw new Error(`${why}: ${JSON.stringify({ event, chunks, options, finish })}`)
  }

  const parser = createTagParser(options, (event) => {
    if ('start' in event) {
      const raw = event.type === 'markup' ? event.raw : event.delta
      if (raw === '') fail('An empty piece', event)
      if (event.start !== offset || event.end !== offset + raw.length) fail('Wrong offsets', event)
      if (!input.startsWith(raw, offset)) fail('Not the input', event)
      offset = event.end
    }
    switch (event.type) {
      case 'reasoning-delta':
      case 'text-delta':
        if (open.at(-1) !== event.id) fail('A delta outside its block', event)
        if (wellFormed && !isWellFormed(event.delta)) fail('Half a surrogate pair', event)
        if (lastDelta !== event.id) log += `\n${event.id} ${event.start} `
        log += event.delta
        lastDelta = event.id
        return
      case 'reasoning-start':
        if (event.parentId !== open.at(-1)) fail('Not the parent', event)
        open.push(event.id)
        break
      case 'text-start':
        if (open.length > 0) fail('A text block inside another block', event)
        open.push(event.id)
        break
      case 'reasoning-end':
      case 'text-end':
        if (open.pop() !== event.id) fail('An end without its start', event)
        break
      case 'reclassify':
        reclassified = true
        break
      case 'finish':
        if (open.length > 0) fail('A block without its end', event)
        break
      case 'markup':
        break
    }
    lastDelta = ''
    log += `\n${JSON.stringify(event)}`
  })
  for (const chunk of chunks) parser.push(chunk)
  parser.finish(finish)
  if (offset !== input.length) fail('Text was lost')
  const snapshot = parser.snapshot()
  if (reclassified !== snapshot.flags.includes('reclassified')) fail('A flag is wrong')
  return `${log}\n${JSON.stringify(snapshot)}`
}

function isWellFormed(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0xd800 || code > 0xdfff) continue
    const next = text.charCodeAt(at + 1)
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
    at++
  }
  return true
}
