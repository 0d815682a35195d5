/** What tells builds of one model apart, at the end of the name of a prebuilt one: "(4 bits, computes in 16)". */
const BUILD = / \((\d bits, computes in \d+)\)$/

/** The name of a model without its build. */
export function plainModelName(name: string): string {
  return name.replace(BUILD, '')
}

/** The build in a model's name, in English; absent where it names none. */
export function buildOf(name: string): string | undefined {
  return BUILD.exec(name)?.[1]
}
