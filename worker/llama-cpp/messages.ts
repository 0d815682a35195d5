/**
 * How wllama 2.4.0 talks to llama.cpp: fields in a fixed order, each a type and a value, behind a magic word, a version and eight letters that
 * name the message. The library has a codec of its own, but only behind a worker that it makes itself; ours runs in the worker that we have.
 */

/** A value of a message. Undefined stands for one that is not given. */
export type Field =
  | { readonly kind: 'bool'; readonly value: boolean | undefined }
  | { readonly kind: 'int' | 'float'; readonly value: number | undefined }
  | { readonly kind: 'text'; readonly value: string | undefined }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'texts'; readonly value: readonly string[] }

/** Values of an answer by name; lists are views of the answer's own bytes where their items are numbers. */
export type Answer = Readonly<Record<string, boolean | number | string | Uint8Array | Int32Array | Float32Array | null>>

/** What stands before a message's fields. */
const MAGIC = 'GLUE'
const VERSION = 1
const NAME_LENGTH = 8

/** How types are numbered. */
const NONE = 0
const BOOL = 1
const INT = 2
const FLOAT = 3
const TEXT = 4
const RAW = 5
const INTS = 7
const FLOATS = 8
const TEXTS = 9

const KINDS = { bool: BOOL, int: INT, float: FLOAT, text: TEXT, ints: INTS, floats: FLOATS, texts: TEXTS } as const

/** @param name Eight letters. */
export function encodeMessage(name: string, fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = []
  const encoder = new TextEncoder()
  const word = (value: number) => parts.push(new Uint8Array(Uint32Array.of(value).buffer))
  const text = (value: string) => {
    const bytes = encoder.encode(value)
    word(bytes.length)
    parts.push(bytes)
  }
  parts.push(encoder.encode(MAGIC))
  word(VERSION)
  parts.push(encoder.encode(name))
  for (const { kind, value } of fields) {
    word(value === undefined ? NONE : KINDS[kind])
    if (value === undefined) continue
    switch (kind) {
      case 'bool':
        word(value ? 1 : 0)
        break
      case 'int':
        word(value)
        break
      case 'float':
        parts.push(new Uint8Array(Float32Array.of(value).buffer))
        break
      case 'text':
        text(value)
        break
      case 'texts':
        word(value.length)
        value.forEach(text)
        break
      case 'ints':
        word(value.length)
        parts.push(new Uint8Array(Int32Array.from(value).buffer))
        break
      case 'floats':
        word(value.length)
        parts.push(new Uint8Array(Float32Array.from(value).buffer))
        break
    }
  }
  return joined(parts)
}

/**
 * Reads an answer.
 * @param names Of its fields in their order. Lists of texts are passed over: nobody reads them.
 * @throws When it is another message than meant, or none: the library is then another version than the one that is pinned.
 */
export function decodeMessage(bytes: Uint8Array, name: string, names: readonly string[]): Answer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoder = new TextDecoder()
  let at = MAGIC.length + 4 + NAME_LENGTH
  const found = decoder.decode(bytes.subarray(MAGIC.length + 4, at))
  if (decoder.decode(bytes.subarray(0, MAGIC.length)) !== MAGIC || found !== name) {
    throw new Error(`llama.cpp answered "${found}" instead of "${name}".`)
  }
  const word = () => view.getInt32((at += 4) - 4, true)
  const raw = () => {
    const length = word()
    at += length
    return bytes.subarray(at - length, at)
  }
  const numbers = () => {
    const length = word()
    const from = at
    at += 4 * length
    return bytes.slice(from, at).buffer // a copy begins where numbers may begin
  }
  const answer: Record<string, Answer[string]> = {}
  for (const field of names) {
    const type = word()
    switch (type) {
      case NONE:
        answer[field] = null
        break
      case BOOL:
        answer[field] = word() !== 0
        break
      case INT:
        answer[field] = word()
        break
      case FLOAT:
        answer[field] = view.getFloat32((at += 4) - 4, true)
        break
      case TEXT:
        answer[field] = decoder.decode(raw())
        break
      case RAW:
        answer[field] = raw().slice()
        break
      case INTS:
        answer[field] = new Int32Array(numbers())
        break
      case FLOATS:
        answer[field] = new Float32Array(numbers())
        break
      case TEXTS:
        for (let left = word(); left > 0; left -= 1) raw()
        break
      default:
        throw new Error(`llama.cpp's "${name}" has a field of the unknown type ${type}.`)
    }
  }
  return answer
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
