import { describe, expect, test } from 'vitest'
import { checkFit } from '../../../../../src/core/models/check-fit.ts'
import { recognizeChat } from '../../../../../src/core/models/gguf/chat-marks.ts'
import { describeGguf, type GgufDescription } from '../../../../../src/core/models/gguf/describe-gguf.ts'
import { describeImported } from '../../../../../src/core/models/gguf/describe-imported.ts'
import { ggufAddress } from '../../../../../src/core/models/gguf/gguf-address.ts'
import { GPU_LIBRARIES } from '../../../../../src/core/models/gguf/gpu-libraries.ts'
import { isUnfinished, parseGguf } from '../../../../../src/core/models/gguf/parse-gguf.ts'
import { splitNames } from '../../../../../src/core/models/gguf/split-name.ts'
import { DIALECTS } from '../../../../../src/core/tags/dialect.ts'
import { desktop } from '../support/devices.ts'
import { buildGguf, type BuiltFile } from './support/build-gguf.ts'
import { builtMatrix } from './support/malformed-files.ts'

const LLAMA_1B: GgufDescription = {
  name: 'Llama 3.2 1B Instruct',
  architecture: 'llama',
  parameters: 1_235_814_432,
  weightBytes: 770_000_000,
  quantization: 'Q4_0',
  tensorTypes: ['Q4_0', 'Q6_K', 'F32'],
  contextLength: 131_072,
  layers: 16,
  hiddenSize: 2048,
  feedForwardSize: 8192,
  heads: 32,
  keyValueHeads: 8,
  headSize: 64,
  vocabulary: 128_256,
  isTied: true,
  normEpsilon: 9.999999747378752e-6,
  ropeTheta: 500_000,
  experts: 0,
  tokenizer: {
    kind: 'gpt2',
    pre: 'llama-bpe',
    tokens: 128_256,
    bos: { id: 128_000, text: '<|begin_of_text|>' },
    eos: { id: 128_009, text: '<|eot_id|>' },
    marks: ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    stops: [128_009],
    addsBos: true,
  },
  chatTemplate: '{{ messages }}',
  languages: ['en'],
}
const ADDRESS = 'https://huggingface.co/someone/model-GGUF/resolve/main/Llama-3.2-1B-Instruct-Q4_0.gguf'
const BASE = 'https://page.example/chat/'

function imported(changes: Partial<GgufDescription> = {}, address = ADDRESS) {
  return describeImported({ address, bytes: [773_025_920], description: { ...LLAMA_1B, ...changes } }, BASE)
}

describe('a GGUF file of a shape for which there is a library', () => {
  test('is described like any model, by what its header says', () => {
    const model = imported()
    expect(model).toMatchObject({
      id: 'Llama-3.2-1B-Instruct-Q4_0',
      revision: 'main',
      name: 'Llama 3.2 1B Instruct (Q4_0)',
      origin: 'user',
      dialect: DIALECTS.reflection,
      trainedToReflect: false,
      template: 'llama-3',
      contextWindow: 4096,
      downloadBytes: 773_025_920,
      license: '',
    })
    expect(model.libraryUrl).toMatch(/Llama-3\.2-1B-Instruct-q4f32_1/)
    expect(model.imported?.repack?.layout).toEqual({ zero: 7, float: 'float32' })
    expect(model.chatTemplate).toMatchObject({ bos: '<|begin_of_text|>', eos: '<|eot_id|>', addsBos: true })
    expect(checkFit(model, desktop).verdict).toBe('fits')
  })

  test('lies where it was found, though WebLLM looks for its folder elsewhere', () => {
    for (const address of [ADDRESS, 'https://host.example/a.gguf?token=1', 'http://127.0.0.1:8000/deep/er/b.GGUF']) {
      const { folderUrl, files = [] } = imported({}, address)
      expect(files.map(({ path }) => new URL(path, folderUrl).href)).toEqual([address])
      expect(folderUrl).toMatch(/.+\/resolve\/.+\//)
    }
  })

  test('is told from one that differs in anything', () => {
    const others = [
      { layers: 17 },
      { architecture: 'qwen2' },
      { ropeTheta: 10_000 },
      { experts: 8 },
      { isTied: false },
      { tensorTypes: ['Q3_K', 'Q5_K', 'F32'] }, // which nothing here makes into 4 bits
    ]
    for (const other of others) {
      const model = imported(other)
      expect(model.imported?.repack).toBeUndefined()
      expect(checkFit(model, desktop)).toMatchObject({
        verdict: 'does-not-fit',
        reasons: [{ code: 'library-missing' }],
      })
    }
  })

  test('has a library of its own shape only', () => {
    const shapes = GPU_LIBRARIES.map(({ shape }) => JSON.stringify(shape))
    expect(new Set(shapes).size).toBe(shapes.length)
    expect(GPU_LIBRARIES).toHaveLength(4)
  })
})

describe('how a model chats', () => {
  test.each([
    [
      'Reflection tags that are tokens',
      ['<thinking>', '<reflection>', '<|im_start|>', '<|im_end|>'],
      '',
      'thinking',
      'chatml',
      false,
    ],
    ['Reflection tags in the template', [], 'inside <thinking> … <reflection>', 'thinking', 'plain', false],
    [
      'Qwen 3, which writes the tag itself',
      ['<think>', '<|im_start|>', '<|im_end|>'],
      "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}",
      'think',
      'chatml',
      false,
    ],
    [
      'Qwen 3 of the kind that only thinks',
      ['<think>', '<|im_start|>', '<|im_end|>'],
      "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}",
      'think',
      'chatml',
      true,
    ],
    [
      'DeepSeek R1',
      ['<think>', '<｜User｜>', '<｜Assistant｜>'],
      "{% if add_generation_prompt and not ns.is_tool %}{{'<｜Assistant｜><think>\\n'}}{% endif %}",
      'think',
      'deepseek-r1',
      true,
    ],
    ['DeepSeek R1 without a template', ['<think>', '<｜User｜>', '<｜Assistant｜>'], '', 'think', 'deepseek-r1', true],
    ['Seed-OSS', ['<seed:think>'], '', 'seed:think', 'plain', false],
    ['Llama 3', ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'], '', undefined, 'llama-3', false],
    ['a model that nobody taught to chat', [], '', undefined, 'plain', false],
  ] as const)('is recognized: %s', (_, marks, template, thinking, style, opensThinking) => {
    // oxfmt-ignore
    const facts = recognizeChat(marks, template)
    expect([facts.dialect?.thinking, facts.style, facts.opensThinking]).toEqual([thinking, style, opensThinking])
  })
})

describe('an address', () => {
  test.each([
    ['https://huggingface.co/a/b/blob/main/c.gguf?download=true', 'https://huggingface.co/a/b/resolve/main/c.gguf'],
    ['https://huggingface.co/a/b/resolve/main/c.GGUF#x', 'https://huggingface.co/a/b/resolve/main/c.GGUF'],
    ['https://host.example/blob/c.gguf?token=1', 'https://host.example/blob/c.gguf?token=1'],
    ['https://host.example/manifest.json', undefined],
    ['https://host.example/?file=c.gguf', undefined],
    ['c.gguf', undefined],
  ])('of a file has one form: %s', (text, address) => {
    expect(ggufAddress(text)).toBe(address)
  })

  test('of one part of a split model names them all', () => {
    const names = ['m-00001-of-00003.gguf', 'm-00002-of-00003.gguf', 'm-00003-of-00003.gguf']
    expect(splitNames('m-00002-of-00003.gguf')).toEqual(names)
    expect(splitNames('m.gguf')).toEqual(['m.gguf'])
    expect(splitNames('m-00001-of-00000.gguf')).toEqual(['m-00001-of-00000.gguf'])
  })
})

describe('a mixture of experts', () => {
  const SHARED = ['token_embd.weight', 'blk.0.attn_q.weight', 'blk.0.ffn_gate_inp.weight', 'blk.0.ffn_up_shexp.weight']
  const EXPERTS = ['blk.0.ffn_gate_exps.weight', 'blk.0.ffn_up_exps.weight', 'blk.0.ffn_down_exps.weight']
  const describeWith = (counts: BuiltFile['metadata'] = []) => {
    const tensors = [...SHARED, ...EXPERTS].map((name) => builtMatrix(name, 8))
    const header = parseGguf(buildGguf({ metadata: [['general.architecture', ['text', 'moe']], ...counts], tensors }))
    if (isUnfinished(header)) throw new Error('The file is cut short.')
    return describeGguf(header)
  }

  test('tells how much of its weights a token does not ask', () => {
    const { experts, idleBytes } = describeWith([
      ['moe.expert_count', ['u32', 8]],
      ['moe.expert_used_count', ['u32', 2]],
    ])
    expect([experts, idleBytes]).toEqual([8, EXPERTS.length * 8 * 18 * 0.75])
  })

  test.each<[string, BuiltFile['metadata']]>([
    ['that is none', []],
    ['that does not say how many experts a token asks', [['moe.expert_count', ['u32', 8]]]],
    [
      'that says nonsense',
      [
        ['moe.expert_count', ['u32', 8]],
        ['moe.expert_used_count', ['u32', 9]],
      ],
    ],
  ])('%s tells nothing of it', (_, counts) => {
    expect(describeWith(counts)).not.toHaveProperty('idleBytes')
  })
})
