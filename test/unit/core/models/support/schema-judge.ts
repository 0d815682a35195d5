import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'

/**
 * Makes a judge of values by a JSON Schema. It gives the paths at which a value breaks the schema, sorted, each once, such as
 * `files[3].sha256`. A missing property and an unknown one count at their own path; where a value fits none of several forms,
 * what is wrong inside of it counts, not that none fits.
 */
export function createSchemaJudge(schema: object): (value: unknown) => string[] {
  const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(schema)
  return (value) => {
    if (validate(value)) return []
    const paths = [...new Set((validate.errors ?? []).map(pathOf))]
    return paths.filter((path) => !paths.some((other) => isInside(other, path))).toSorted()
  }
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string {
  const own = keyword === 'required' ? params['missingProperty'] : params['additionalProperty']
  return [...instancePath.split('/').slice(1), ...(own === undefined ? [] : [String(own)])]
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}

function isInside(path: string, outer: string): boolean {
  return path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}
