/** A task of the main thread in a trace: times in microseconds. @typedef {{ name: string, ph: string, pid: number, tid: number, dur?: number, tdur?: number, args?: { name?: string } }} TraceEvent */

/** Tasks of the page in a trace of the category `toplevel`: how long each took, and how much of a core. @param {readonly TraceEvent[]} events */
export function mainThreadTasks(events) {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const lists = mains.map(({ pid, tid }) =>
    events
      .filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid && event.name.endsWith('RunTask'))
      .map(({ dur = 0, tdur = 0 }) => ({ wallMs: dur / 1000, processorMs: tdur / 1000 })),
  )
  const [busiest] = lists.toSorted((a, b) => b.length - a.length)
  if (busiest === undefined || busiest.length === 0) throw new Error('The trace has no tasks of the page.')
  return busiest
}
