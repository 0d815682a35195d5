/** The public entry `./element`: the class of `<reflection-chat>` without a side effect, and its types. */
export type { ReflectionChatEventMap, ReflectionReply } from './chat-events.ts'
export { ReflectionChatElement } from './reflection-chat.ts'
export type { ReflectionSampling } from './reflection-chat.ts'
