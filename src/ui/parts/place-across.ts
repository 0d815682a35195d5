/**
 * Puts something that stands over the page so far from the left edge of the window, or as near to that as the window has room for it.
 * @param gap - What stays free at both edges, CSS pixels.
 */
export function placeAcross(element: HTMLElement, left: number, gap: number): void {
  const farthest = document.documentElement.clientWidth - element.offsetWidth - gap
  element.style.left = `${Math.max(gap, Math.min(left, farthest))}px`
}
