import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { segmented, type SegmentedProps } from '../parts/segmented.ts'
import { switchInput } from '../parts/switch.ts'

export interface SwitchFieldProps {
  /** Unique on the page; ids are made of it. */
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly isOn: boolean
  readonly isDisabled?: boolean | undefined
  readonly onChange: (isOn: boolean) => void
}

/** Something that is on or off, with one line that says what it does. */
export function switchField({
  name,
  label,
  hint,
  isOn,
  isDisabled = false,
  onChange,
}: SwitchFieldProps): TemplateResult {
  return html`
    <div class="setting">
      <label for=${name}>${label}</label>
      ${switchInput({ id: name, describedBy: `${name}-hint`, isOn, isDisabled, onChange })}
      <p class="hint" id="${name}-hint">${hint}</p>
    </div>
  `
}

export interface ChoiceFieldProps<Value extends string> extends SegmentedProps<Value> {
  readonly legend: string
  /** What the choice that stands does. */
  readonly hint: string
  readonly isDisabled?: boolean
}

/** One of a few. */
export function choiceField<Value extends string>(props: ChoiceFieldProps<Value>): TemplateResult {
  const { name, legend, hint, isDisabled = false } = props
  return html`
    <fieldset class="setting wide" ?disabled=${isDisabled} aria-describedby="${name}-hint">
      <legend>${legend}</legend>
      ${segmented(props)}
      <p class="hint" id="${name}-hint">${hint}</p>
    </fieldset>
  `
}

/** Someone writes: what stands in the field, and whether an input method is still at work on it. */
export type OnText = (text: string, isComposing: boolean) => void

/** Listeners of fields that are written in, which tell of every change once, whatever input method makes it. */
function onTextOf(onText: OnText): {
  readonly input: (event: InputEvent) => void
  readonly compositionend: (event: CompositionEvent) => void
} {
  const textOf = (event: Event) => (event.target as HTMLInputElement | HTMLTextAreaElement).value
  return {
    input: (event) => onText(textOf(event), event.isComposing),
    compositionend: (event) => onText(textOf(event), false), // some browsers end with no further input event
  }
}

export interface NumberInputProps {
  readonly name: string
  readonly text: string
  /** Where no label of its own stands beside it. */
  readonly accessibleName?: string
  readonly placeholder: string
  /** What is wrong with the text; absent when nothing is. */
  readonly problem: string | undefined
  readonly isWhole: boolean
  readonly isDisabled?: boolean
  /** The user has gone into the field: what stands in it is theirs until they leave. */
  readonly onBegin: () => void
  readonly onText: OnText
  /** The user is done with the field for now. */
  readonly onSettled: () => void
}

/** Not of type number, which drops what it cannot read, takes no full-width digits and changes under a mouse wheel. */
export function numberInput(props: NumberInputProps): TemplateResult {
  const { name, text, accessibleName, placeholder, problem, isWhole, isDisabled = false } = props
  const { onBegin, onText, onSettled } = props
  const on = onTextOf(onText)
  return html`
    <input
      id=${name}
      class="number"
      type="text"
      inputmode=${isWhole ? 'numeric' : 'decimal'}
      autocomplete="off"
      spellcheck="false"
      aria-label=${accessibleName ?? nothing}
      aria-describedby="${name}-hint${problem === undefined ? '' : ` ${name}-problem`}"
      aria-invalid=${problem === undefined ? nothing : 'true'}
      placeholder=${placeholder}
      ?disabled=${isDisabled}
      .value=${live(text)}
      @focus=${onBegin}
      @input=${on.input}
      @compositionend=${on.compositionend}
      @change=${onSettled}
      @blur=${onSettled}
    />
  `
}

export interface NumberFieldProps extends NumberInputProps {
  readonly label: string
  readonly hint: string
}

export function numberField(props: NumberFieldProps): TemplateResult {
  const { name, label, hint } = props
  return html`
    <div class="setting">
      <label for=${name}>${label}</label>
      ${numberInput(props)} ${problemLine(props)}
      <p class="hint" id="${name}-hint">${hint}</p>
    </div>
  `
}

/** Says what is wrong with what was typed. */
export function problemLine({
  name,
  problem,
}: Pick<NumberInputProps, 'name' | 'problem'>): TemplateResult | typeof nothing {
  return problem === undefined ? nothing : html`<p class="problem" id="${name}-problem" role="alert">${problem}</p>`
}

export interface TextFieldProps {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly text: string
  readonly onBegin: () => void
  readonly onText: OnText
  readonly onSettled: () => void
}

/** A text of any length. */
export function textField({ name, label, hint, text, onBegin, onText, onSettled }: TextFieldProps): TemplateResult {
  const on = onTextOf(onText)
  return html`
    <div class="setting wide">
      <label for=${name}>${label}</label>
      <textarea
        autocomplete="off"
        id=${name}
        dir="auto"
        rows="3"
        aria-describedby="${name}-hint"
        .value=${live(text)}
        @focus=${onBegin}
        @input=${on.input}
        @compositionend=${on.compositionend}
        @blur=${onSettled}
      ></textarea>
      <p class="hint" id="${name}-hint">${hint}</p>
    </div>
  `
}
