/** Colours code, in a worker because some code takes its grammar for ever. */
import highlighter from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import css from 'highlight.js/lib/languages/css'
import go from 'highlight.js/lib/languages/go'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import { READY } from './timed-worker.ts'

const LANGUAGES = { bash, c, cpp, css, go, java, javascript, json, python, rust, sql, typescript, xml }
for (const [name, language] of Object.entries(LANGUAGES)) highlighter.registerLanguage(name, language)

export interface CodeQuestion {
  readonly language: string
  /** Blocks of whole lines that follow each other. */
  readonly blocks: readonly string[]
}

export interface CodeAnswer {
  /** How many of the blocks were read. */
  readonly count: number
  /** They, as HTML. */
  readonly markup: string
  /** Whether a string or comment did not end in any of them. */
  readonly isOpen: boolean
}

/** Reads as many blocks as it takes until no string or comment is open, so that the next ones can be read by themselves. */
function colour({ language, blocks }: CodeQuestion): CodeAnswer | undefined {
  const grammar = highlighter.getLanguage(language)
  if (grammar === undefined) return undefined
  for (let count = Math.min(1, blocks.length); count > 0; count = Math.min(count * 2, blocks.length)) {
    const code = blocks.slice(0, count).join('')
    const { value, _top } = highlighter.highlight(code, { language, ignoreIllegals: true })
    const isOpen = _top !== grammar
    if (!isOpen || count === blocks.length) return { count, markup: value, isOpen }
  }
  return undefined
}

addEventListener('message', ({ data }: MessageEvent<CodeQuestion>) => postMessage(colour(data)))
postMessage(READY)
