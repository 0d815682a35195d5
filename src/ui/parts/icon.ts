import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit/html.js'

/** An icon as the set `lucide` has it: the elements in a square of 24 units, each with its attributes. */
export type IconShape = readonly (readonly [
  tag: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
])[]

/**
 * An icon in the colour of the text around it, as large as that text's line. It says nothing to a screen reader: what it stands for is told
 * by the name of the button or by words beside it.
 */
export function icon(shape: IconShape): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${shape.map(element)}</svg>`
}

/** The elements that the icons in use are made of; Lit needs each tag written out. */
function element([tag, at]: IconShape[number]): SVGTemplateResult {
  if (tag === 'path') return svg`<path d=${at['d']}></path>`
  if (tag === 'circle') return svg`<circle cx=${at['cx']} cy=${at['cy']} r=${at['r']}></circle>`
  if (tag === 'line') return svg`<line x1=${at['x1']} y1=${at['y1']} x2=${at['x2']} y2=${at['y2']}></line>`
  if (tag === 'polyline') return svg`<polyline points=${at['points']}></polyline>`
  if (tag === 'rect') {
    const { x = 0, y = 0, width, height, rx = 0 } = at
    return svg`<rect x=${x} y=${y} width=${width} height=${height} rx=${rx}></rect>`
  }
  throw new TypeError(`No icon of ours has a <${tag}>. Add it to icon.ts.`)
}
