import { createRandom } from '../soak/random.mjs'

/** What Markdown, HTML, TeX and code are made of, and letters that are laid out in unusual ways. */
const MARKS =
  '* ** *** _ __ ~ ~~ ` `` ``` ~~~ > >> # ## - -- --- + 1. 1) 999999999. | || |- :-: [ ] ( ) ![ ]( [] []( ]: [^ < > <! <!-- --> <? ?> <![CDATA[ ]]> & &amp; &#0; &#x110000; \\ \\\\ \\* \\( \\) \\[ \\] $ $$ = == : ! @ / // . , ; \' " { } ^ %'.split(
    ' ',
  )
const WORDS =
  'a b the word 12 3.5 http:// https:// www. www.example.org https://example.org/a_b(c) mailto: a@b.example example。com 中文 标点，。 مرحبا שלום 😀 👨‍👩‍👧 é é ﷽ ﷺ Z͑ͫ̓ \u200b \u202e \u2066 \ufeff \ud800 \u0000 x_1 snake_case aaaaaaaaaaaaaaaaaaaa'.split(
    ' ',
  )
const TAGS =
  '<div> </div> <p> <b> <i <a href=" <a href="https://x.example"> </a> <img src=x onerror=alert(1)> <script> </script> <svg onload= <style> <table><tr><td> <details> <math><mi> <iframe src=javascript:1> <br/> <pre> <textarea> <!doctype html> <x-y z> <a '.split(
    / (?=<)/,
  )
const TEX =
  '\\frac{ \\sqrt{ { } ^ _ ^{ _{ \\left( \\right) \\left. \\right| \\begin{matrix} \\end{matrix} \\begin{aligned} \\end{aligned} & \\\\ \\ce{ H2O \\ce{ \\text{ \\mathbb{R} \\sum_{ \\int \\overbrace{ \\underbrace{ \\rule{99999em}{99999em} \\kern9999em \\hspace{9999em} \\raisebox{9999em}{x} \\\\[9999em] \\def\\a{\\a\\a}\\a \\color{red} \\href{javascript:1}{x} \\hat \\vec{ \\binom{ \\cancel{ \\bf x y 1 + = \\alpha \\Huge \\tag{1} \\label{a} \\pu{ \\boxed{ \\phantom{ \\over \\middle|'.split(
    ' ',
  )
const CODE =
  'identifier 0x12 "text" \'text " \' ` ${ } /* */ // # -- <!-- --> { ( [ ] ) ; => :: -> @a \\ \\u0000 function class def if return f(a( a.b.c <T> </b> && ::= $$ """ \'\'\' r#" 1e9 template<typename '.split(
    ' ',
  )
const LANGUAGES = 'bash c cpp css go java javascript json python rust sql typescript xml html unknown'.split(' ')
const JOINTS = ['', '', ' ', ' ', '\n', '\n', '\n\n', '  \n', '\t', '\n    ']

/**
 * A random answer: pieces of Markdown, HTML, TeX and code, repeated, nested and cut anywhere.
 * @param {number} seed
 * @param {number} longest Characters.
 */
export function randomAnswer(seed, longest) {
  const random = createRandom(seed)
  const below = (/** @type {number} */ end) => Math.floor(random() * end)
  /** @template Value @param {readonly Value[]} values @returns {Value} */
  const oneOf = (values) => /** @type {Value} */ (values[below(values.length)])
  /** Small mostly, large at times. @param {number} end */
  const count = (end) => Math.floor(1 + (end - 1) * random() ** 4)
  const room = 1 + Math.floor(longest * random() ** 2)

  /** @param {number} depth @returns {string} */
  function piece(depth) {
    const kind = depth > 5 ? below(5) : below(16)
    if (kind < 2) return oneOf(MARKS)
    if (kind < 4) return oneOf(WORDS)
    if (kind === 4) return oneOf(TAGS)
    if (kind < 8) return repeated(join(1 + below(4), depth), count(room))
    if (kind < 10) return nested(depth)
    if (kind === 10) return `${oneOf(['$', '$$', '\\(', '\n\\[\n'])}${tex()}${oneOf(['$', '$$', '\\)', '\n\\]\n', ''])}`
    if (kind === 11) return `\n\`\`\`${oneOf(LANGUAGES)}\n${code()}\n${oneOf(['```', '````', '', '~~~'])}\n`
    if (kind === 12) return table()
    if (kind === 13) return cut(piece(depth + 1))
    return join(1 + below(8), depth)
  }

  /** @param {number} size @param {number} depth */
  function join(size, depth) {
    const joint = oneOf(JOINTS)
    return Array.from({ length: size }, () => piece(depth + 1)).join(joint)
  }

  /** @param {string} text @param {number} times */
  function repeated(text, times) {
    return text.length === 0 ? '' : text.repeat(Math.min(times, Math.ceil(room / text.length)))
  }

  /** @param {number} depth */
  function nested(depth) {
    const [open, close] = oneOf([
      ['*', '*'],
      ['**', '**'],
      ['*_', '_*'],
      ['[', '](x)'],
      ['![', '](https://x.example)'],
      ['(', ')'],
      ['> ', ''],
      ['- ', ''],
      ['1. ', ''],
      ['> - ', ''],
      ['<b>', '</b>'],
      ['~~', '~~'],
      ['"', '"'],
    ])
    const times = count(Math.min(room, 5000))
    return `${repeated(String(open), times)}${piece(depth + 1)}${repeated(String(close), times)}`
  }

  function tex() {
    if (below(3) > 0) return Array.from({ length: count(60) }, () => oneOf(TEX)).join(oneOf(['', ' ']))
    const [open, close] = oneOf([
      ['\\frac{1}{', '}'],
      ['\\sqrt{', '}'],
      ['x^{', '}'],
      ['{', '}'],
      ['\\left(', '\\right)'],
      ['\\overbrace{', '}'],
      ['\\ce{H2O}', ''],
      ['\\begin{matrix}a&', '\\end{matrix}'],
    ])
    const times = count(1500)
    return `${repeated(String(open), times)}x${repeated(String(close), times)}`
  }

  function code() {
    const lines = Array.from({ length: count(40) }, () =>
      Array.from({ length: 1 + below(9) }, () => oneOf(CODE)).join(oneOf(['', ' '])),
    )
    return repeated(lines.join(oneOf(['\n', ' ', ''])), count(room))
  }

  function table() {
    const columns = count(500)
    const cells = (/** @type {string} */ text) => `|${text}`.repeat(columns)
    const row = oneOf(['|', '| a | b |', cells(oneOf(WORDS)), cells('**a*')])
    return `\n${cells('a')}|\n${cells('-')}|\n${repeated(`${row}\n`, count(2000))}`
  }

  /** @param {string} text */
  function cut(text) {
    const [from, to] = [below(text.length + 1), below(text.length + 1)]
    return text.slice(Math.min(from, to), Math.max(from, to))
  }

  let text = ''
  for (let part = 0; part < 200 && text.length < room; part++) text += `${piece(0)}${oneOf(JOINTS)}`
  return cut(text.slice(0, room * 2)).slice(0, longest)
}
