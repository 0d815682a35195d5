import { noChange, nothing } from 'lit/html.js'
import { Directive, directive, PartType, type ChildPart, type PartInfo } from 'lit/directive.js'
import { setChildPartValue } from 'lit/directive-helpers.js'

class ContainFailureDirective extends Directive {
  #reported: string | undefined // what is drawn once a frame fails once a frame

  constructor(info: PartInfo) {
    super(info)
    if (info.type !== PartType.CHILD) throw new Error('Only what stands between tags can be contained.')
  }

  override render(_template: () => unknown, _instead: () => unknown): typeof noChange {
    return noChange
  }

  override update(part: ChildPart, [template, instead]: [() => unknown, () => unknown]): typeof noChange {
    try {
      setChildPartValue(part, template(), this)
    } catch (error) {
      if (String(error) !== this.#reported) reportError(error)
      this.#reported = String(error)
      setChildPartValue(part, nothing, this) // so that nothing of what failed is taken for drawn
      setChildPartValue(part, instead(), this)
    }
    return noChange
  }
}

/**
 * Draws a part of a template; when that throws, at any depth of it, the failure is reported, and `instead` is drawn in its place.
 * What stands around it goes on.
 */
export const containFailure = directive(ContainFailureDirective)
