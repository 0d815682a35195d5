/**
 * Mounts the tooltip (`tooltip.ts`) once someone points at something or presses a key: before, its script would only make the first load
 * larger. Where it cannot be fetched there is none, and names are told all the same.
 */
export function mountTooltipLate(root: HTMLElement, { signal }: { readonly signal: AbortSignal }): void {
  let isMounted = false
  async function mount(): Promise<void> {
    const { mountTooltip } = await import('./tooltip.ts')
    if (!isMounted && !signal.aborted) mountTooltip(root, { signal })
    isMounted = true
  }
  for (const type of ['pointermove', 'keydown']) {
    document.addEventListener(type, () => void mount().catch(() => undefined), { signal, once: true })
  }
}
