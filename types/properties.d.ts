import type { ReflectionChatElement, ReflectionChatEventMap } from '../dist/lib/widget/element.js'

/** What a framework may set on a `<reflection-chat>`, as attributes or properties. */
export type ReflectionChatProperties = Partial<
  Pick<
    ReflectionChatElement,
    | 'model'
    | 'mode'
    | 'theme'
    | 'placeholder'
    | 'preload'
    | 'persist'
    | 'src'
    | 'variant'
    | 'name'
    | 'engine'
    | 'systemPrompt'
    | 'messages'
    | 'suggestions'
    | 'sampling'
  >
>

/** Listeners of its events, by their names after a prefix. */
export type ReflectionChatListeners<Prefix extends string> = {
  [Name in keyof ReflectionChatEventMap as `${Prefix}${Name}`]?: (event: ReflectionChatEventMap[Name]) => void
}
