import { buildGguf, type BuiltFile, type BuiltTensor } from './build-gguf.ts'

/** A matrix of Q4_0, whose rows are one block each. @param offset From the beginning of the data. Default: after the tensor before it. */
export function builtMatrix(name: string, rows: number, offset?: number): BuiltTensor {
  const data = new Uint8Array(rows * 18).fill(7)
  return { name, shape: [32, rows], type: 2, data, ...(offset === undefined ? {} : { offset }) }
}

/** A file whose only text says that it is longer than any file. */
function withLongText(length: bigint): Uint8Array<ArrayBuffer> {
  const bytes = buildGguf({ metadata: [['general.name', ['text', 'x']]] })
  new DataView(bytes.buffer).setBigUint64(bytes.length - 9, length, true)
  return bytes
}

const whole = (file: BuiltFile): Uint8Array<ArrayBuffer> => buildGguf({ tensors: [builtMatrix('one', 4)], ...file })

/** Of every kind of malformed file one, and what is said of it. */
export const MALFORMED_FILES: readonly (readonly [what: string, bytes: Uint8Array<ArrayBuffer>, why: RegExp])[] = [
  ['one that is cut short in its header', whole({}).slice(0, 60), /cut short/],
  ['one that is cut short in its weights', whole({}).slice(0, -20), /cut short.*tensor one/],
  ['one with another magic word', whole({ magic: 'GGML' }), /letters GGUF/],
  [
    'one with an absurd number of tensors',
    whole({ tensorCount: 2 ** 50 }),
    /number of its tensors is 1125899906842624/,
  ],
  ['one with an absurd number of metadata', whole({ keyCount: 2 ** 50 }), /number of its metadata/],
  [
    'one with a tensor of more numbers than there can be',
    whole({ tensors: [{ ...builtMatrix('one', 1), shape: [2 ** 30, 2 ** 30] }] }),
    /tensor one has the shape/,
  ],
  [
    'one with tensors that overlap',
    whole({ tensors: [builtMatrix('one', 4), builtMatrix('two', 4, 32)] }),
    /tensor two overlaps tensor one/,
  ],
  ['one with a text longer than the file', withLongText(2n ** 40n), /length of general\.name is 1099511627776/],
  ['one with a text longer than any file', withLongText(2n ** 63n), /no file can hold/],
]
