const SPLIT = /-(\d{5})-of-(\d{5})\.gguf$/i

/** More parts than any published model has; a name that asks for more is a mistake. */
const MOST_PARTS = 999

/**
 * The names of all parts of a split model, from that of any one of them.
 * @param name - Of a file, or its address without query, such as `model-00001-of-00003.gguf`.
 * @returns The names in order; the name alone when it is that of a whole file.
 */
export function splitNames(name: string): readonly string[] {
  const [ending, number, total] = SPLIT.exec(name) ?? []
  const parts = Number(total)
  if (ending === undefined || number === undefined || parts < 1 || parts > MOST_PARTS) return [name]
  const stem = name.slice(0, -ending.length)
  const digits = (value: number) => String(value).padStart(5, '0')
  return Array.from({ length: parts }, (_, index) => `${stem}-${digits(index + 1)}-of-${digits(parts)}.gguf`)
}
