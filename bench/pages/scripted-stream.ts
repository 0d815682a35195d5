/** The chat, with an engine that says a long reply at a given speed; and what the page's own clocks say of it. */
import { createChatSession } from '../../src/state/chat-session.ts'
import { createModelLoader } from '../../src/state/model-loader.ts'
import { chatParts } from '../../test/fakes/chat-parts.ts'
import { mountChat } from '../../src/ui/chat/mount-chat.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../test/fakes/scripted-engine.ts'

export interface StreamRun {
  /** As the engine counts them: words and tags, about as long as tokens are. */
  readonly tokens: number
  readonly characters: number
  readonly seconds: number
  /** Times between two frames, milliseconds. */
  readonly frameGaps: readonly number[]
  /** Tasks of 50 ms and more that the browser reported, milliseconds. */
  readonly longTasks: readonly number[]
}

const FRAME_MS = 1000 / 60

globalThis.streamReply = async (tokens, tokensPerSecond) => {
  const root = document.querySelector<HTMLElement>('#app')
  if (root === null) throw new Error('The page has no place for the chat.')
  let begin = 0 // of the reply; 0 while the model loads
  let pieces = 0
  const text = createReply(tokens)
  const engine = createScriptedEngine({
    replies: [text],
    async pace() {
      if (begin === 0) return
      const due = begin + (++pieces * 1000) / tokensPerSecond
      // By the clock, so that a timer that comes late does not slow the stream down.
      const wait = due - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    },
  })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  mountChat(root, chatParts(loader, session), { signal: new AbortController().signal })
  await loader.load(SCRIPTED_MODEL)

  const frames = watchFrames()
  const tasks = watchLongTasks()
  begin = performance.now()
  await session.ask('Count with me.')
  const seconds = (performance.now() - begin) / 1000
  await new Promise((resolve) => setTimeout(resolve, 10 * FRAME_MS)) // the last text is shown, the last task reported
  return { tokens: pieces, characters: text.length, seconds, frameGaps: frames.end(), longTasks: tasks.end() }
}

function watchFrames() {
  const gaps: number[] = []
  let last = performance.now()
  let handle = requestAnimationFrame(function onFrame(now) {
    gaps.push(now - last)
    last = now
    handle = requestAnimationFrame(onFrame)
  })
  return {
    end() {
      cancelAnimationFrame(handle)
      return gaps
    },
  }
}

function watchLongTasks() {
  const lengths: number[] = []
  const note = (entries: PerformanceEntryList) => lengths.push(...entries.map(({ duration }) => duration))
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ type: 'longtask' })
  return {
    end() {
      note(observer.takeRecords())
      observer.disconnect()
      return lengths
    },
  }
}

/** A third thinking with checks, two thirds an answer with prose, lists, code, tables and formulae; as many tokens as asked for, and a few. */
function createReply(tokens: number): string {
  const thought: string[] = []
  const answer: string[] = []
  for (let part = 0; countTokens(thought) < tokens / 3; part++) thought.push(thoughtPart(part))
  for (let part = 0; countTokens(answer) < (tokens * 2) / 3; part++) answer.push(answerPart(part))
  return `<thinking>\n${thought.join('\n')}\n</thinking>\n<output>\n${answer.join('\n\n')}\n</output>`
}

/** Words of up to eight characters, as the scripted engine cuts them. */
function countTokens(parts: readonly string[]): number {
  return parts.join('\n').match(/<\/?\w+>|\s*[^\s<]{1,8}|\s+|</g)?.length ?? 0
}

function thoughtPart(part: number): string {
  return `I take ${part} and add ${part + 17} to it, digit by digit.
The ones first: ${part % 10} and ${(part + 17) % 10}, with what is carried.
<reflection>
Is that right? ${part} and ${part + 17} make ${2 * part + 17}, which I get the other way round as well.
</reflection>
So I go on with the next number.`
}

function answerPart(part: number): string {
  return `### Part ${part}

The sum of **${part}** and *${part + 17}* is \`${2 * part + 17}\`, and so $a_{${part}} = ${2 * part + 17}$. It follows from what was
said before, and [the page on sums](https://example.org/sums/${part}) tells more about it.

- The first number is ${part}.
- The second one is ${part + 17}:
  1. its ones are ${(part + 17) % 10},
  2. its tens are ${Math.floor((part + 17) / 10)}.

\`\`\`python
def part_${part}(number: int = ${part}) -> int:
    """Adds seventeen, twice."""
    for step in range(2):
        number += 17 if step % 2 == 0 else ${part}
    return number  # ${2 * part + 17}
\`\`\`

| Number | Ones | Tens | Note |
| ---: | ---: | ---: | --- |
| ${part} | ${part % 10} | ${Math.floor(part / 10)} | the first |
| ${part + 17} | ${(part + 17) % 10} | ${Math.floor((part + 17) / 10)} | the second |
| ${2 * part + 17} | ${(2 * part + 17) % 10} | ${Math.floor((2 * part + 17) / 10)} | their sum |`
}
