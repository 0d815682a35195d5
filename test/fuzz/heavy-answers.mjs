/** @param {string} text @param {number} length Characters, about. */
const filled = (text, length) => text.repeat(Math.ceil(length / text.length))
/** @param {number} columns @param {string} row @param {number} rows */
const table = (columns, row, rows) => `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n${`${row}\n`.repeat(rows)}`
/** @param {string} language @param {string} code */
const fenced = (language, code) => `\`\`\`${language}\n${code}\n\`\`\`\n`

const KB = 1000

/** Answers that once stopped this page, or another one. @type {Readonly<Record<string, string>>} */
export const HEAVY_ANSWERS = {
  'quotations in each other': '>'.repeat(4000),
  'lists in each other': '- '.repeat(4000),
  'numbered lists in each other': '1. '.repeat(2000),
  'quotations and lists in each other': '> - '.repeat(2000),
  'quotations that get shallower': Array.from({ length: 40 }, (_, index) => `${'>'.repeat(40 - index)}a`).join('\n'),
  'a table of 500 by 2,000': table(500, '|', 2000),
  'a table of 14 kB': table(700, '|', 11 * KB),
  'a table of 10 by 3,000': table(10, '| a | **b** '.repeat(5), 3000),
  'a link of 16 kB of marks': `[${filled('!?', 16 * KB)}x](https://example.org/)`,
  'a link of 16 kB of words': `[${filled('a.', 16 * KB)}](https://example.org/)`,
  'emphasis that opens': filled('**a*b ', 20 * KB),
  'emphasis of three': filled('***a** ', 20 * KB),
  'emphasis of both kinds': filled('a_ _b* ', 20 * KB),
  'emphasis in emphasis': `${'*_'.repeat(4000)}a${'_*'.repeat(4000)}`,
  'strokes that open': filled('~~a~b ', 20 * KB),
  dollars: '$'.repeat(20_000),
  'dollars and letters': filled('$a ', 20 * KB),
  'brackets of formulae': filled('\\(', 20 * KB),
  'brackets of formulae, line by line': filled('\\[\n', 20 * KB),
  'lazy lines': `- a\n${filled('b\n', 20 * KB)}`,
  'lazy lines, deep': `${'- '.repeat(50)}a\n${filled('b\n', 20 * KB)}`,
  'lazy lines of quotations': `${'>'.repeat(15)}a\n${filled('b\n', 20 * KB)}`,
  brackets: '['.repeat(20_000),
  'brackets of links': filled('[a](', 20 * KB),
  'brackets of images': `${filled('![', 10 * KB)}${filled('](https://x.example)', 20 * KB)}`,
  backticks: Array.from({ length: 200 }, (_, index) => '`'.repeat(index)).join('a'),
  tags: filled('<a b="', 20 * KB),
  comments: filled('<!--', 20 * KB),
  addresses: filled('https://', 20 * KB),
  'addresses of mail': filled('a@b.', 20 * KB),
  definitions: `${filled('[a]: https://b.example\n', 20 * KB)}${filled('[a]', 10 * KB)}`,
  'a word': 'a'.repeat(200 * KB),
  'a line': filled('word ', 200 * KB),
  'empty lines': '\n'.repeat(20_000),
  'short paragraphs': filled('a\n\n', 60 * KB),
  'hard breaks': filled('a  \n', 20 * KB),
  'a formula of chemistry': `$$\\ce{${filled('H2O + ', 20 * KB)}}$$`,
  'many formulae of chemistry': filled('$\\ce{H2O}$ ', 20 * KB),
  'a long formula': `$$${filled('x_{1} + ', 20 * KB)}$$`,
  'a formula just short enough': `$$${filled('\\ce{A}', 3990)}$$`,
  'fractions in each other': `$$${'\\frac{1}{'.repeat(400)}x${'}'.repeat(400)}$$`,
  'roots in each other': `$$${'\\sqrt{'.repeat(600)}x${'}'.repeat(600)}$$`,
  'a formula as large as a house': '$\\rule{99999em}{99999em}$ and $\\kern9999em x$',
  'one identifier of Java': fenced('java', 'a'.repeat(16_000)),
  'one identifier of TypeScript': fenced('typescript', 'a'.repeat(16_000)),
  'one identifier of JavaScript': fenced('javascript', 'a'.repeat(16_000)),
  'brackets of code': fenced('typescript', filled('f(a<b(', 16 * KB)),
  'many lines of brackets of code': fenced('cpp', filled('f(a<b(\n', 60 * KB)),
  'code on one line': fenced('json', filled('{"a":[1,2]},', 200 * KB)),
  'marks above marks': filled(`a${'\u0301\u0300\u0302'.repeat(100)} `, 20 * KB),
  'directions in each other': '\u202e\u2066'.repeat(10_000),
  'wide letters': '﷽'.repeat(10_000),
}
