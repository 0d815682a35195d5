/** Takes files that are dropped on an element, and shows a hint over it while some are held there. */
export function dropFiles(
  root: HTMLElement,
  hint: HTMLElement,
  onFiles: (files: readonly File[]) => void,
  { signal }: { readonly signal: AbortSignal },
): void {
  const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true

  root.addEventListener(
    'dragover',
    (event) => {
      if (!holdsFiles(event)) return
      event.preventDefault()
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy'
      hint.hidden = false
    },
    { signal },
  )
  root.addEventListener(
    'dragleave',
    ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && root.contains(relatedTarget))) hint.hidden = true
    },
    { signal },
  )
  root.addEventListener(
    'drop',
    (event) => {
      hint.hidden = true
      if (!holdsFiles(event)) return
      event.preventDefault()
      onFiles([...(event.dataTransfer?.files ?? [])])
    },
    { signal },
  )
}
