type Schema = Readonly<Record<string, any>>

/** Says nothing about values. */
const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'format'])

/**
 * The paths at which a value breaks a JSON Schema, sorted, each once, such as `files[3].sha256`. A missing property and an unknown one
 * count at their own path. Knows the keywords that the manifest's schema uses.
 * @throws {Error} At any other keyword, so that a schema is never judged by half.
 */
export function schemaBreaks(schema: Schema, value: unknown, path = ''): string[] {
  const breaks: string[] = []
  const member = (key: string) => (path === '' ? key : `${path}.${key}`)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const record = isObject ? (value as Record<string, unknown>) : {}
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (ANNOTATIONS.has(keyword)) continue
    switch (keyword) {
      case 'type':
        if (![wanted].flat().some((type: string) => isOfType(value, type))) breaks.push(path)
        break
      case 'const':
        if (value !== wanted) breaks.push(path)
        break
      case 'enum':
        if (!wanted.includes(value)) breaks.push(path)
        break
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(wanted, 'u').test(value)) breaks.push(path)
        break
      case 'minLength':
        if (typeof value === 'string' && value.length < wanted) breaks.push(path)
        break
      case 'minimum':
        if (typeof value === 'number' && value < wanted) breaks.push(path)
        break
      case 'exclusiveMinimum':
        if (typeof value === 'number' && value <= wanted) breaks.push(path)
        break
      case 'maximum':
        if (typeof value === 'number' && value > wanted) breaks.push(path)
        break
      case 'minItems':
        if (Array.isArray(value) && value.length < wanted) breaks.push(path)
        break
      case 'uniqueItems':
        if (Array.isArray(value) && new Set(value).size < value.length) breaks.push(path)
        break
      case 'items':
        if (!Array.isArray(value)) break
        for (const [index, item] of value.entries()) breaks.push(...schemaBreaks(wanted, item, `${path}[${index}]`))
        break
      case 'required':
        if (isObject) breaks.push(...wanted.filter((key: string) => !Object.hasOwn(record, key)).map(member))
        break
      case 'properties':
        for (const [key, inner] of Object.entries<Schema>(wanted)) {
          if (Object.hasOwn(record, key)) breaks.push(...schemaBreaks(inner, record[key], member(key)))
        }
        break
      case 'additionalProperties':
        for (const [key, item] of Object.entries(record)) {
          if (Object.hasOwn(schema['properties'] ?? {}, key)) continue
          breaks.push(...(wanted === false ? [member(key)] : schemaBreaks(wanted, item, member(key))))
        }
        break
      case 'oneOf': {
        const results = (wanted as Schema[]).map((branch) => ({ branch, inner: schemaBreaks(branch, value, path) }))
        if (results.filter(({ inner }) => inner.length === 0).length === 1) break
        const meant = results.find(({ branch }) => isOfType(value, branch['type']))
        breaks.push(...(meant?.inner ?? [path]))
        break
      }
      default:
        throw new Error(`the schema's keyword "${keyword}" is not known here`)
    }
  }
  return [...new Set(breaks)].toSorted()
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}
