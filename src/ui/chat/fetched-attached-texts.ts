import { nothing, type TemplateResult } from 'lit/html.js'
import type { FetchPart } from '../parts/fetch-part.ts'
import type { attachedTexts, AttachedTextsProps } from './attached-texts.ts'

/** Shows the texts that are attached to a message that is being written; nothing as long as there are none. */
export type ShowAttachedTexts = (props: AttachedTextsProps) => TemplateResult | typeof nothing

/** What shows them is fetched when there is one first. @param redraw - It is here now. */
export function createAttachedTexts(fetchPart: FetchPart, redraw: () => void): ShowAttachedTexts {
  let show: typeof attachedTexts | undefined
  let isComing = false

  async function fetchShow(): Promise<void> {
    isComing = true
    const part = await fetchPart(import('./attached-texts.ts'))
    isComing = false
    show = part?.attachedTexts
    if (show !== undefined) redraw()
  }

  return (props) => {
    const { attached, before } = props.draft()
    if (attached.length === 0 && before === undefined) return nothing
    if (show !== undefined) return show(props)
    if (!isComing) void fetchShow()
    return nothing
  }
}
