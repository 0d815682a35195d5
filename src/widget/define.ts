/** The public entry `./element/define`: makes `<reflection-chat>` known to the page. Does nothing where there is none, or where it is known. */
import { ReflectionChatElement } from './reflection-chat.ts'

if (globalThis.customElements !== undefined && customElements.get('reflection-chat') === undefined) {
  customElements.define('reflection-chat', ReflectionChatElement)
}
