/**
 * The tag names of a family of models, as plain data (a manifest can hold it).
 * Names are written without brackets, matched without regard to ASCII case, and differ from each other.
 */
export interface TagDialect {
  readonly thinking: string
  /** Absent when the models mark no self-checks. */
  readonly reflection?: string
  /** Absent when everything outside thinking is the answer. Where it exists, blocks of one kind may nest. */
  readonly output?: string
}

/** The dialects known by name: Reflection-Llama and kin; DeepSeek-R1, Qwen3 and kin. */
export const DIALECTS = {
  reflection: { thinking: 'thinking', reflection: 'reflection', output: 'output' },
  think: { thinking: 'think' },
} as const satisfies Record<string, TagDialect>

/** Name of a dialect that is known here. */
export type DialectName = keyof typeof DIALECTS

const NAME = /^[a-z][a-z0-9_.:-]{0,63}$/i

/**
 * Turns a dialect's name or data into checked data.
 * @throws {TypeError} When the name is unknown, a tag name is no name (a letter, then up to 63 of `A-Z a-z 0-9 _ . : -`),
 * or two tags share one.
 */
export function resolveDialect(dialect: DialectName | TagDialect): TagDialect {
  if (typeof dialect === 'string') {
    if (!Object.hasOwn(DIALECTS, dialect)) {
      const known = Object.keys(DIALECTS).join(', ')
      throw new TypeError(`Unknown dialect "${String(dialect)}". Known: ${known}; or pass the tag names as an object.`)
    }
    return DIALECTS[dialect]
  }
  const names = [dialect.thinking, dialect.reflection, dialect.output].filter((name) => name !== undefined)
  for (const name of names) {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new TypeError(`"${String(name)}" cannot be a tag name. Write the bare name, such as "thinking".`)
    }
  }
  if (typeof dialect.thinking !== 'string') throw new TypeError('A dialect needs the name of its thinking tag.')
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
    throw new TypeError(`The tags of a dialect need different names, not ${names.join(', ')}.`)
  }
  return dialect
}

/** Whether a value is the data of a dialect that `resolveDialect` takes. */
export function isDialect(value: unknown): value is TagDialect {
  if (typeof value !== 'object' || value === null) return false
  try {
    resolveDialect(value as TagDialect)
    return true
  } catch {
    return false
  }
}
