/** How values are numbered in a file, by the names that tests use for them. */
const KINDS = { u8: 0, u32: 4, f32: 6, bool: 7, text: 8, list: 9, u64: 10 } as const

/** A value with its kind; lists have the kind of their items too. */
export type Typed =
  | readonly ['u8' | 'u32' | 'f32' | 'u64', number]
  | readonly ['bool', boolean]
  | readonly ['text', string]
  | readonly ['list', 'u32' | 'f32' | 'text' | 'list', readonly (number | string | Typed)[]]

export interface BuiltTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** As `ggml.h` numbers it. */
  readonly type: number
  /** From the beginning of the data. Default: after the tensor before it. */
  readonly offset?: number
  readonly data: Uint8Array
}

export interface BuiltFile {
  readonly magic?: string
  readonly version?: number
  readonly tensorCount?: number
  readonly keyCount?: number
  readonly metadata?: readonly (readonly [key: string, value: Typed])[]
  readonly tensors?: readonly BuiltTensor[]
}

const ALIGNMENT = 32

/** Writes a GGUF file, a wrong one where asked for. */
export function buildGguf(file: BuiltFile): Uint8Array<ArrayBuffer> {
  const { magic = 'GGUF', version = 3, metadata = [], tensors = [] } = file
  const bytes: number[] = [...new TextEncoder().encode(magic)]
  const number = (write: (view: DataView) => void, length: number) => {
    const view = new DataView(new ArrayBuffer(length))
    write(view)
    bytes.push(...new Uint8Array(view.buffer))
  }
  const u32 = (value: number) => number((view) => view.setUint32(0, value, true), 4)
  const u64 = (value: number) => number((view) => view.setBigUint64(0, BigInt(value), true), 8)
  const text = (value: string) => {
    const encoded = new TextEncoder().encode(value)
    u64(encoded.length)
    bytes.push(...encoded)
  }
  function content(typed: Typed): void {
    if (typed[0] === 'list') {
      const [, itemKind, items] = typed
      u32(KINDS[itemKind])
      u64(items.length)
      for (const item of items) content(Array.isArray(item) ? (item as unknown as Typed) : ([itemKind, item] as Typed))
      return
    }
    const [kind, value] = typed
    if (kind === 'text') text(value)
    else if (kind === 'bool') bytes.push(value ? 1 : 0)
    else if (kind === 'u8') bytes.push(value)
    else if (kind === 'f32') number((view) => view.setFloat32(0, value, true), 4)
    else if (kind === 'u64') u64(value)
    else u32(value)
  }

  u32(version)
  u64(file.tensorCount ?? tensors.length)
  u64(file.keyCount ?? metadata.length)
  for (const [key, typed] of metadata) {
    text(key)
    u32(KINDS[typed[0]])
    content(typed)
  }
  let next = 0
  const places = tensors.map(({ offset, data }) => {
    const place = offset ?? next
    next = Math.ceil((place + data.length) / ALIGNMENT) * ALIGNMENT
    return place
  })
  for (const [index, { name, shape, type }] of tensors.entries()) {
    text(name)
    u32(shape.length)
    for (const extent of shape) u64(extent)
    u32(type)
    u64(places[index] ?? 0)
  }
  if (tensors.length === 0) return Uint8Array.from(bytes)
  const begin = Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT
  const end = Math.max(...tensors.map(({ data }, index) => (places[index] ?? 0) + data.length))
  const whole = new Uint8Array(begin + end)
  whole.set(bytes)
  for (const [index, { data }] of tensors.entries()) whole.set(data, begin + (places[index] ?? 0))
  return whole
}
