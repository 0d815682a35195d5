import type { RunEvent, RunSink } from '../core/engine.ts'

export interface PairedSink {
  readonly send: RunSink
  /** Nothing is passed on from now on; what is still open is ended first, as the parser would have. */
  close(): void
}

type BlockEnd = Extract<RunEvent, { type: 'reasoning-end' | 'text-end' }>

/** Passes the events of a run on and sees to it that they end properly even if the worker dies between two of them. */
export function createPairedSink(sink: RunSink): PairedSink {
  const open = new Map<string, BlockEnd>() // blocks without an end, by id, with the event that ends them
  let isFinished = false
  let isClosed = false

  function follow(event: RunEvent): void {
    if (event.type === 'reasoning-start') open.set(event.id, { type: 'reasoning-end', id: event.id, cause: 'finish' })
    if (event.type === 'text-start') open.set(event.id, { type: 'text-end', id: event.id, section: event.section })
    if (event.type === 'reasoning-end' || event.type === 'text-end') open.delete(event.id)
    if (event.type === 'finish') isFinished = true
  }

  return {
    send(events) {
      if (isClosed) return
      events.forEach(follow)
      sink(events)
    },
    close() {
      if (isClosed) return
      isClosed = true
      if (isFinished) return
      const ends = [...open.values()]
      const unclosed = ends.flatMap((end) => (end.type === 'text-end' && end.section === 'outside' ? [] : [end.id]))
      sink([...ends.toReversed(), { type: 'finish', reason: 'abort', unclosed }])
    },
  }
}
