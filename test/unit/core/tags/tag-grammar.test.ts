import { describe, expect, test } from 'vitest'
import { readTagged, type ReadTaggedOptions, type TagSnapshot } from '../../../../src/parser.ts'

/** What the corpus leaves open: [behaviour, input, expected where it is not empty, options]. */
type Row = [string, string, Partial<TagSnapshot>, ReadTaggedOptions?]

const think: ReadTaggedOptions = { dialect: 'think' }
const toolTags = ['<tool_call>', '<|python_tag|>']

describe.each<[string, Row[]]>([
  [
    'mentions and proofs',
    [
      [
        'takes text before a closing tag for thinking when the prompt may have held the opener',
        'half of 90 is 45</thinking><output>45</output>',
        { thinking: 'half of 90 is 45', output: '45', flags: ['reclassified'] },
      ],
      [
        'does so in the think dialect, and only once',
        'a</think>b</think>c',
        { thinking: 'a', output: 'b</think>c', flags: ['reclassified'] },
        think,
      ],
      [
        'reclassifies all text before it, around a reflection',
        'abc\n<reflection>q</reflection>\ndef</thinking><output>x</output>',
        { thinking: 'abc\ndef', reflections: ['q'], output: 'x', flags: ['reclassified'] },
      ],
      [
        'ends a reflection at root by a closing tag of thinking',
        'sum is 7<reflection>no, it is 8</thinking><output>8</output>',
        { thinking: 'sum is 7', reflections: ['no, it is 8'], output: '8', flags: ['implicit-close', 'reclassified'] },
      ],
      [
        'leaves text after a known block of thinking alone, when a closer ends a reflection there',
        '<thinking>p</thinking>\nNote.\n<reflection>q</thinking>\n<output>r</output>',
        { thinking: 'p', reflections: ['q'], output: 'Note.\nr', flags: ['implicit-close'] },
      ],
      [
        'no longer takes text for thinking once an answer has begun',
        '<output>a</output> so </thinking> it is',
        { output: 'a\nso </thinking> it is' },
      ],
      [
        'takes a tool tag in thinking for a mention when thinking goes on and is closed',
        '<think>I could use <tool_call> here, but no.</think>Answer',
        {
          thinking: 'I could use <tool_call> here, but no.',
          output: 'Answer',
          flags: ['implicit-close', 'reclassified'],
        },
        { ...think, toolTags },
      ],
      [
        'keeps an answer that was closed, even if thinking is closed after it',
        '<thinking>a<output>42</output>\n</thinking>',
        { thinking: 'a', output: '42', flags: ['implicit-close', 'absorbed'] },
      ],
      [
        'lets each level of thinking that a mention ended be closed',
        '<thinking>a<thinking>b <output> c</thinking>d</thinking><output>e</output>',
        { thinking: 'a\nb <output> c\nd', output: 'e', flags: ['implicit-close', 'reclassified'] },
      ],
      [
        'takes everything from a mentioned opener on back into the answer',
        'The <thinking> tag and <reflection>x</reflection> tag.',
        { output: 'The <thinking> tag and <reflection>x</reflection> tag.', flags: ['reclassified'] },
      ],
      [
        'does not take thinking for a mention when the token limit cut it off',
        'The <think> tag starts a trace.',
        { thinking: 'tag starts a trace.', output: 'The', flags: ['unclosed-thinking'] },
        { ...think, finish: 'length' },
      ],
      [
        'takes only the first opener for a mention',
        '<think>a</think>A\n<think>b',
        { thinking: 'a\nb', output: 'A', flags: ['unclosed-thinking'] },
        think,
      ],
      [
        'does not take white space before an opener for visible text',
        '\n <think>a',
        { thinking: 'a', flags: ['unclosed-thinking'] },
        think,
      ],
    ],
  ],
  [
    'nesting and absorbing',
    [
      [
        'absorbs a second opener on blank thinking and still takes both closers',
        '<thinking><thinking>x</thinking>rest</thinking><output>z</output>',
        { thinking: 'x\nrest', output: 'z', flags: ['absorbed', 'reclassified'] },
      ],
      [
        'needs only one closer then',
        '<thinking> <thinking>x</thinking>\n<output>z</output>',
        { thinking: 'x', output: 'z', flags: ['absorbed'] },
      ],
      [
        'keeps a second opener in the think dialect as text',
        '<think>a<think>b</think>c',
        { thinking: 'a<think>b', output: 'c' },
        think,
      ],
      [
        'absorbs a second opener of the answer',
        '<output>\n<output>42</output></output>',
        { output: '42', flags: ['absorbed'] },
      ],
      [
        'nests thinking in a reflection',
        '<thinking>a<reflection>b<thinking>c</thinking>d</reflection>e</thinking><output>f</output>',
        { thinking: 'a\nc\ne', reflections: ['b\nd'], output: 'f' },
      ],
      [
        'nests reflections on blank ones',
        '<thinking><reflection><reflection>a</reflection></reflection></thinking>',
        { reflections: ['a'] },
      ],
      [
        'keeps a stray closer in thinking as text, and absorbs it on a blank block',
        '<thinking></output>a</reflection>b</thinking>',
        { thinking: 'a</reflection>b', flags: ['absorbed'] },
      ],
      [
        'separates what follows a stray closer of the answer',
        'Seven</output>Bye',
        { output: 'Seven\nBye', flags: ['absorbed'] },
      ],
      ['keeps other stray closers in an answer as text', 'a</reflection>b', { output: 'a</reflection>b' }],
    ],
  ],
  [
    'places where a block may begin',
    [
      [
        'keeps a second opener in mid-line as text',
        '<think>one</think>A<think>two</think>B',
        { thinking: 'one', output: 'A<think>two</think>B' },
        think,
      ],
      [
        'takes a second opener after the indentation of a line',
        '<think>one</think>A\n\t <think>two</think>B',
        { thinking: 'one\ntwo', output: 'A\nB' },
        think,
      ],
      ['takes the first answer in mid-line', 'Well, <output>x</output>', { output: 'Well,\nx' }],
      ['keeps a second answer in mid-line as text', '<output>x</output> or <output>y', { output: 'x\nor <output>y' }],
      [
        'keeps a reflection in mid-line after thinking as text',
        '<thinking>a</thinking>The <reflection> tag',
        { thinking: 'a', output: 'The <reflection> tag' },
      ],
      [
        'takes it with reopen any',
        '<thinking>a</thinking>The <reflection>b</reflection> tag',
        { thinking: 'a', reflections: ['b'], output: 'The\ntag' },
        { reopen: 'any' },
      ],
    ],
  ],
  [
    'code',
    [
      [
        'keeps tags in code spans of an answer as text',
        '<output>Write `a </output> b` or ``x`</output>``.</output>',
        { output: 'Write `a </output> b` or ``x`</output>``.' },
      ],
      ['ends a code span with its line', '<output>a ` b\nc</output>', { output: 'a ` b\nc' }],
      [
        'finds a fence closed before a tag on the line that closes it',
        '<output>```xml\n</output>\n```</output>!',
        { output: '```xml\n</output>\n```\n!' },
      ],
      [
        'does not close a fence by a shorter one, another mark, or one with text after it',
        '<output>````\n```\n~~~~\n````x\n</output>\n`````\n</output>!',
        { output: '````\n```\n~~~~\n````x\n</output>\n`````\n!' },
      ],
      [
        'knows fences of tildes and in lists',
        '<output>- a\n  ~~~\n</output>\n  ~~~\n</output>!',
        {
          output: '- a\n  ~~~\n</output>\n  ~~~\n!',
        },
      ],
      [
        'takes backticks on one line for a code span, not a fence',
        '<output>```a``` b\n</output>!',
        { output: '```a``` b\n!' },
      ],
      ['keeps the first opener in code as text', 'Say `a <think> b`.', { output: 'Say `a <think> b`.' }, think],
      [
        'keeps quoted tags in thinking as text, around something too',
        '<thinking>end with `<output>42</output>` or `</thinking>`.</thinking><output>1</output>',
        { thinking: 'end with `<output>42</output>` or `</thinking>`.', output: '1' },
      ],
      [
        'ends thinking by a closer that a backtick touches on one side only',
        '<think>the ` or `</think>x',
        { thinking: 'the ` or `', output: 'x' },
        think,
      ],
      [
        'ends thinking after code, before an answer that begins with code',
        '<think>a `b`</think>\n`c`',
        { thinking: 'a `b`', output: '`c`' },
        think,
      ],
      [
        'ends thinking by a closer after a backtick at the end of the stream',
        '<think>a `</think>',
        { thinking: 'a `' },
        think,
      ],
      [
        'opens the answer after a closed code span',
        '<thinking>it is `5`<output>5</output>',
        { thinking: 'it is `5`', output: '5', flags: ['implicit-close'] },
      ],
      [
        'lets no open fence in thinking hide the answer',
        '<thinking>```\ncode\n<output>5</output>',
        { thinking: '```\ncode', output: '5', flags: ['implicit-close'] },
      ],
    ],
  ],
  [
    'tags',
    [
      ['takes > inside quotes', '<think a="x>y" b = \'>\' c=1/2 d >t</think>u', { thinking: 't', output: 'u' }, think],
      ['takes no attributes on closers', '<think>t</think a=1>u</think>', { thinking: 't</think a=1>u' }, think],
      [
        'takes no words with punctuation for attributes',
        'If <think, then> x <think 3 > 2',
        {
          output: 'If <think, then> x <think 3 > 2',
        },
        think,
      ],
      ['takes empty tags with space and attributes', '<think  a="b" />x', { output: 'x' }, think],
      ['keeps an empty answer in thinking as text', '<thinking>a<output/>b</thinking>', { thinking: 'a<output/>b' }],
      ['takes an empty answer elsewhere', 'a\n<output/>b', { output: 'a\nb' }],
      ['takes a tag of 256 characters', `<think ${'a'.repeat(248)}>t</think>u`, { thinking: 't', output: 'u' }, think],
      [
        'keeps a tag of 257 characters as text',
        `<think ${'a'.repeat(249)}>t`,
        { output: `<think ${'a'.repeat(249)}>t` },
        think,
      ],
      [
        'takes tool tags exactly as written',
        '<think>a<TOOL_CALL><|python_tag|>x()',
        { thinking: 'a<TOOL_CALL>', output: '<|python_tag|>x()', flags: ['implicit-close'] },
        { ...think, toolTags },
      ],
      ['leaves tool tags outside thinking alone', 'a<tool_call>b', { output: 'a<tool_call>b' }, { ...think, toolTags }],
      [
        'takes the longer of two names that begin alike',
        '<t><t-o>x</t-o>',
        { output: 'x', flags: ['implicit-close'] },
        { dialect: { thinking: 't', output: 't-o' } },
      ],
      [
        'knows a dialect with reflections and no answer tag',
        '<plan>a<check>b<check>c</check>d</plan>e',
        { thinking: 'a\nd', reflections: ['b<check>c'], output: 'e' },
        { dialect: { thinking: 'plan', reflection: 'check' } },
      ],
    ],
  ],
  [
    'the end of a stream',
    [
      ['says nothing of an empty stream', '', {}],
      [
        'says that thinking which the prompt began is open',
        '',
        { flags: ['unclosed-thinking'] },
        { start: 'thinking' },
      ],
      [
        'names all kinds of blocks that are open, outermost first',
        '<thinking>a<reflection>b',
        { thinking: 'a', reflections: ['b'], flags: ['unclosed-thinking', 'unclosed-reflection'] },
      ],
      ['keeps half a tag', 'a <outp', { output: 'a <outp' }],
    ],
  ],
])('%s', (_, rows) => {
  test.each(rows)('%s', (_behaviour, input, expected, options = {}) => {
    const { events: _events, ...read } = readTagged([input], options)
    expect(read).toEqual({ thinking: '', reflections: [], output: '', flags: [], ...expected })
  })
})
