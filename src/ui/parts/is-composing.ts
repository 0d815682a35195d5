/** Whether an input method takes the key; Safari ends the composition before it says so, and then gives this code. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}
