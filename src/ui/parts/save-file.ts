/** Hands the user a file to keep. Nothing leaves the device. */
export function saveFile(
  name: string,
  parts: readonly (string | Blob)[],
  type: 'application/json' | 'text/markdown' | 'application/x-tar',
): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([...parts], { type }))
  link.download = name
  link.hidden = true
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // some browsers read it only after the user said where to
}

/** Most characters of a title in the name of a file. */
const LONGEST_NAME = 60

/** A title as a name that every system takes for a file, without its ending; `otherwise` where nothing of it is left. */
export function fileNameOf(title: string, otherwise: string): string {
  const plain = title
    .replace(/[\p{Cc}\p{Bidi_Control}\\/:*?"<>|]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const name = Array.from(plain)
    .slice(0, LONGEST_NAME)
    .join('')
    .replace(/^[. ]+|(?<![. ])[. ]+$/g, '')
  return name === '' ? otherwise : name
}

/** The day here, as names of files sort: `2026-11-21`. @param time - Milliseconds since the epoch. */
export function fileDateOf(time: number): string {
  const date = new Date(time)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
