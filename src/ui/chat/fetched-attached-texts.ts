import { nothing, type TemplateResult } from 'lit/html.js'
import { fetchOnce } from '../parts/fetch-once.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import type { AttachedTextsProps } from './attached-texts.ts'

/** Shows the texts that are attached to a message that is being written; nothing as long as there are none. */
export type ShowAttachedTexts = (props: AttachedTextsProps) => TemplateResult | typeof nothing

/** What shows them is fetched when there is one first. @param redraw - It is here now. */
export function createAttachedTexts(fetchPart: FetchPart, redraw: () => void): ShowAttachedTexts {
  const show = fetchOnce(fetchPart, async () => (await import('./attached-texts.ts')).attachedTexts, redraw)
  return (props) => {
    const { attached, before } = props.draft()
    if (attached.length === 0 && before === undefined) return nothing
    show.need()
    return show.get()?.(props) ?? nothing
  }
}
