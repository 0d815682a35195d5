import type { TagDialect } from './dialect.ts'

/** All tags of a dialect in brackets, each opening tag followed by its closing one. */
export function dialectTags({ thinking, reflection, output }: TagDialect): string[] {
  return [thinking, reflection, output].flatMap((name) => (name === undefined ? [] : [`<${name}>`, `</${name}>`]))
}
