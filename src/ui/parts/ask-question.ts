import { html, render } from 'lit/html.js'

export interface Question {
  readonly title: string
  readonly text: string
  /** On the button that does it. */
  readonly yes: string
  readonly no: string
}

/**
 * Asks in a dialog before something that cannot be undone. Escape and the button that has the focus at first mean no. Each question has
 * a dialog of its own: the browser tells that one was closed a moment after it gave back the focus, and a quick user has asked for
 * the next one by then.
 */
export function askQuestion(
  root: HTMLElement,
  question: Question,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve) => {
    const place = document.createElement('div')
    root.append(place)
    const end = (answer: boolean) => {
      place.remove()
      signal.removeEventListener('abort', abort)
      resolve(answer)
    }
    const abort = () => end(false)
    const onClose = ({ currentTarget }: Event) =>
      end(currentTarget instanceof HTMLDialogElement && currentTarget.returnValue === 'yes')
    render(
      html`<dialog class="question" aria-labelledby="question-title" aria-describedby="question-text" @close=${onClose}>
        <form method="dialog">
          <h2 id="question-title">${question.title}</h2>
          <p id="question-text">${question.text}</p>
          <div class="question-answers">
            <button type="submit" value="no" autofocus>${question.no}</button>
            <button type="submit" value="yes" class="danger">${question.yes}</button>
          </div>
        </form>
      </dialog>`,
      place,
    )
    signal.addEventListener('abort', abort)
    place.querySelector('dialog')?.showModal()
  })
}
