/**
 * Waits for a part of the page that is fetched when it is needed first. Never rejects.
 * @returns Undefined when it cannot be fetched, as without a network or after a new version has come; the user is told.
 */
export type FetchPart = <Part>(part: Promise<Part>) => Promise<Part | undefined>

/** @param onMissing - Tells the user. */
export function createFetchPart(onMissing: () => void): FetchPart {
  return (part) =>
    part.catch((error: unknown) => {
      console.warn(error)
      onMissing()
      return undefined
    })
}
