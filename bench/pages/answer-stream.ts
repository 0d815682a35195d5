/** The Markdown of one long answer, which grows at a given speed, drawn once a frame, with the page kept at its end. */
import { MarkdownTextElement } from '../../src/ui/chat/markdown/markdown-text.ts'

export interface AnswerRun {
  readonly characters: number
  readonly seconds: number
}

/** How often text arrives, as from the worker, milliseconds. */
const BATCH_MS = 16

const PARTS: Readonly<Record<string, { readonly start: string; readonly part: (index: number) => string }>> = {
  'one block of code': {
    start: '```python\n',
    part: (index) =>
      `def value_${index}(number: int = ${index}) -> int:\n    return number + ${index}  # a comment\n\n`,
  },
  'one table': {
    start: '| Number | Square | Note |\n| ---: | ---: | --- |\n',
    part: (index) => `| ${index} | ${index * index} | the *square* of ${index} |\n`,
  },
  'one list': { start: '', part: (index) => `- Number ${index} has the square **${index * index}**.\n` },
  'many blocks': {
    start: '',
    part: (index) => `### Part ${index}

The sum of **${index}** and *${index + 17}* is \`${2 * index + 17}\`, so $a_{${index}} = ${2 * index + 17}$.

- The first is ${index}.
- The second is ${index + 17}.

\`\`\`python
def part_${index}(number: int = ${index}) -> int:
    return number + ${index}
\`\`\`

| Number | Ones |
| ---: | ---: |
| ${index} | ${index % 10} |

`,
  },
}

customElements.define('st-markdown', MarkdownTextElement)

let answer = new MarkdownTextElement()
let text = ''
let shown = 0

globalThis.beginAnswer = async (kind, begun, length) => {
  const parts = PARTS[kind]
  const place = document.querySelector('main')
  if (parts === undefined || place === null) throw new Error(`There is no answer of the kind "${kind}".`)
  text = parts.start
  for (let index = 0; text.length < length; index++) text += parts.part(index)
  answer = new MarkdownTextElement()
  answer.className = 'answer'
  place.replaceChildren(answer)
  shown = begun
  draw()
  await pause(3000) // formulae and colours come later
}

globalThis.streamAnswer = async (charactersPerSecond) => {
  const begun = shown
  const begin = performance.now()
  let drawing = requestAnimationFrame(function onFrame() {
    draw()
    drawing = requestAnimationFrame(onFrame)
  })
  while (shown < text.length) {
    await pause(BATCH_MS)
    shown = begun + Math.round(((performance.now() - begin) / 1000) * charactersPerSecond)
  }
  const seconds = (performance.now() - begin) / 1000
  await pause(1000) // code is coloured after its end
  cancelAnimationFrame(drawing)
  return { characters: text.length, seconds }
}

function draw(): void {
  answer.content = { text: text.slice(0, shown), isWhole: shown >= text.length }
  scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
